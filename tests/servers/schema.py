"""What a server.toml may hold, as JSON Schema; README.md beside this says what it means."""

from typing import Any, Final

from outscope.limits import MAX_REDIRECTS
from services.prober.facts import Discovery
from services.prober.judge.verdict import Analyzability, Kind


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


_SENTENCE: Final = {"type": "string", "pattern": r"^[^\n]+\.$"}
_TEXT: Final = {"type": "string", "minLength": 1}
_NAME: Final = {"type": "string", "pattern": r"^[a-z0-9_]+$"}
_COMMAND: Final = _list({"type": "string"})
_CASE: Final = {
    "type": "object",
    "required": ["name", "why", "analyzability", "kind", "auth_detected", "api_doc_detected"],
    "properties": {
        "name": _NAME,
        "why": _SENTENCE,
        "paths": _list({"type": "string", "pattern": "^/"}),
        "max_redirects": {"type": "integer", "minimum": 1, "maximum": MAX_REDIRECTS},
        "discovery": {"enum": [str(each) for each in Discovery]},
        "analyzability": {"enum": [str(state) for state in Analyzability]},
        "kind": {"enum": [str(kind) for kind in Kind]},
        "auth_detected": {"type": "boolean"},
        "api_doc_detected": {"type": "boolean"},
        "reason": _NAME,
        "service": _NAME,
    },
    "additionalProperties": False,
}
SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["about", "make", "source", "command", "case"],
    "properties": {
        "about": _SENTENCE,
        "make": _TEXT,
        "source": {"enum": ["python", "pypi", "npm", "debian"]},
        "packages": _list(_TEXT),
        "setup": _list(_COMMAND),
        "command": _COMMAND,
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "templates": _list(_TEXT),
        "ports": _list(_NAME),
        "ready": {"type": "string", "pattern": "^/"},
        "case": _list(_CASE),
    },
    "additionalProperties": False,
}
