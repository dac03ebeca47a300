"""What a person is shown once the system is up: where it is, the key, and a line to try."""

import json

from deploy.local.endpoints import Endpoints
from deploy.local.first_check import Target


def welcome_lines(endpoints: Endpoints, example: Target) -> list[str]:
    """Return the lines that let a person begin."""
    body = json.dumps(example.as_request())
    ports = "".join(f" --port {port}" for port in example.ports)
    return [
        f"  REST     {endpoints.rest}   (its documentation: {endpoints.rest}/docs)",
        f"  Console  {endpoints.rest}/   (in a browser; sign in with the API key)",
        f"  gRPC     {endpoints.grpc}",
        f"  API key  {endpoints.api_key}",
        "",
        "Try:",
        f"  curl -s {endpoints.rest}/v1/check -H 'x-api-key: {endpoints.api_key}' \\",
        f"    -H 'content-type: application/json' -d '{body}'",
        f"  curl -s '{endpoints.rest}/v1/checks?limit=1' -H 'x-api-key: {endpoints.api_key}'",
        "",
        "With the command line (README, From a terminal):",
        f"  export OUTSCOPE_URL={endpoints.rest} OUTSCOPE_API_KEY={endpoints.api_key}",
        f"  .venv/bin/outscope check {example.fqdn}{ports}",
        "",
        "Ctrl-C stops everything; OUTSCOPE_LOG_LEVEL=INFO logs every request with its id.",
    ]
