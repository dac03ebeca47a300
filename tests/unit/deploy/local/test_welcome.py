import json
import shlex

from deploy.local.endpoints import Endpoints
from deploy.local.first_check import Target
from deploy.local.welcome import welcome_lines

ENDPOINTS = Endpoints(
    rest="http://127.0.0.1:8080",
    grpc="127.0.0.1:50051",
    api_key="svc_key",
    postgres="",
    nats="",
    pids=lambda _: [],
)


def test_the_first_curl_line_can_be_pasted_as_it_is() -> None:
    text = "\n".join(welcome_lines(ENDPOINTS, Target(fqdn="a.example", ports=(8443,))))
    start = text.index("curl")
    words = shlex.split(text[start : text.index("\n  curl", start)])
    assert words[:3] == ["curl", "-s", "http://127.0.0.1:8080/v1/check"]
    assert "x-api-key: svc_key" in words
    body = json.loads(words[words.index("-d") + 1])
    assert body == {"fqdn": "a.example", "ports": [8443], "paths": ["/", "/api", "/docs"]}


def test_both_addresses_and_the_key_are_shown() -> None:
    text = "\n".join(welcome_lines(ENDPOINTS, Target(fqdn="a.example")))
    assert "http://127.0.0.1:8080/   (in a browser; sign in with the API key)" in text
    assert "\n  .venv/bin/outscope check a.example" in text
    assert all(word in text for word in ("http://127.0.0.1:8080", "127.0.0.1:50051", "svc_key"))
