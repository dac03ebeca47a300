"""What the file of a case may hold, as JSON Schema; README.md beside this says what it means."""

from typing import Any, Final

from services.prober.facts import OutcomeCode, TcpState, TlsFlag
from services.prober.judge.pack import DECLARED
from services.prober.judge.verdict import Analyzability, Kind
from tests.corpus.vendors import VENDORS


def _object(required: tuple[str, ...], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_SENTENCE: Final = {"type": "string", "pattern": r"^[^\n]+\.$"}
_TEXT: Final = {"type": "string", "minLength": 1}
_NAME: Final = {"type": "string", "pattern": r"^[a-z0-9_]+(\.[a-z0-9_]+)*$"}
_FIELD: Final = {"type": "string", "pattern": r"^[a-z_]+(\[\d+\])?(\.[A-Za-z0-9_\[\]-]+)*$"}
_FIELDS: Final = {"anyOf": [_FIELD, {**_list(_FIELD), "minItems": 2}]}
_OUTCOME: Final = {"enum": [str(code) for code in OutcomeCode]}
_KNOWN_OUTCOME: Final = {"enum": [*_OUTCOME["enum"], None]}
# By the names that every tool of the comparison understands; who only we know has ours.
_VENDORS: Final = sorted({*VENDORS, *(one.members.get("vendor", "") for one in DECLARED)} - {""})
_BOOLEAN: Final = {"type": "boolean"}
_STRING: Final = {"type": "string"}
_TLS: Final = _object(
    (),
    {
        "outcome": _OUTCOME,
        "flags": _list({"enum": [str(flag) for flag in TlsFlag]}),
        "version": _TEXT,
        "valid": _BOOLEAN,
        "verify_message": _TEXT,
        "versions": _list(
            _object(
                ("version", "accepted", "outcome"),
                {"version": _TEXT, "accepted": _BOOLEAN, "outcome": _OUTCOME},
            )
        ),
    },
)
_HEADER: Final = {
    "type": "array",
    "prefixItems": [
        {"type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
        {"type": "string"},
    ],
    "minItems": 2,
    "maxItems": 2,
}
_ANSWER: Final = {
    **_object(
        (),
        {
            "path": {"type": "string", "pattern": "^(/.*)?$"},
            "url": {"type": "string", "pattern": "^(https?://.*)?$"},
            "outcome": _OUTCOME,
            "status": {"type": "integer", "minimum": 100, "maximum": 999},
            "reason": _TEXT,
            "headers": _list(_HEADER),
            "body": {"anyOf": [{"type": "string"}, _list({"type": "string"})]},
            "body_base64": {"type": "string"},
            "body_sha256": {"type": "string", "pattern": "^([0-9a-f]{64})?$"},
            "title": _STRING,
            "content_type": _STRING,
            "server": _STRING,
            "location": _STRING,
            "truncated": _BOOLEAN,
            "address": _STRING,
            "other_addresses": _list({"$ref": "#/$defs/answer"}),
            "redirects": _list(
                _object(
                    ("answer", "cross_host"),
                    {
                        "answer": {"$ref": "#/$defs/answer"},
                        "cross_host": _BOOLEAN,
                        "tls": _TLS,
                        "denial": _TEXT,
                    },
                )
            ),
        },
    ),
    # An answer has a status, and what is none says how it ended.
    "anyOf": [{"required": ["status"]}, {"required": ["outcome"]}],
    "not": {"required": ["body", "body_base64"]},
}
_PORT: Final = _object(
    ("port",),
    {
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "state": {"enum": [str(state) for state in TcpState]},
        "tcp_outcome": _OUTCOME,
        "tls": _TLS,
        "tls_outcome": _KNOWN_OUTCOME,
        "http_outcome": _KNOWN_OUTCOME,
        "speaks_http": _BOOLEAN,
        "probe": {"$ref": "#/$defs/answer"},
        "banner": _TEXT,
        "service": _TEXT,
    },
)
_FACTS: Final = _object(
    ("fqdn", "paths"),
    {
        "fqdn": {"type": "string", "pattern": r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"},
        "dns": _object(
            (),
            {
                "outcome": _OUTCOME,
                "a": _list(_TEXT),
                "aaaa": _list(_TEXT),
                "cname_chain": _list(_TEXT),
            },
        ),
        "ports": _list(_PORT),
        "paths": {**_list({"$ref": "#/$defs/answer"}), "minItems": 1},
        "control": {"$ref": "#/$defs/answer"},
        "discovered": _list({"$ref": "#/$defs/answer"}),
        "max_redirects": {"type": "integer", "minimum": 0, "maximum": 5},
        "deadline_hit": _BOOLEAN,
    },
)
_EXPECT: Final = _object(
    (
        *("analyzability", "analyzable", "kind", "auth_detected", "api_doc_detected"),
        *("reason", "rule"),
    ),
    {
        "analyzability": {"enum": [str(state) for state in Analyzability]},
        "analyzable": _BOOLEAN,
        "kind": {"enum": [str(kind) for kind in Kind]},
        "auth_detected": _BOOLEAN,
        "api_doc_detected": _BOOLEAN,
        "reason": _NAME,
        "rule": _NAME,
        "vendors": _list({"enum": _VENDORS}),
        "also": _list(_object(("rule", "matched"), {"rule": _NAME, "matched": _FIELDS})),
    },
)
# Of an exported case: what nobody has confirmed yet. It goes before the case counts.
_MEMBERS: Final = ("about", "matched", *(f"expect.{name}" for name in _EXPECT["properties"]))
_REVIEW: Final = _object(
    ("id", "reason"),
    {
        "id": {"type": "string", "pattern": "^rev_[0-9a-z]+$"},
        "reason": _NAME,
        "comment": _TEXT,
        "expected": {"type": "object"},
        "in_front": _list(_TEXT),
    },
)
SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"answer": _ANSWER},
    **_object(
        ("about", "source", "facts", "expect", "matched"),
        {
            "about": _SENTENCE,
            "source": _TEXT,
            "review": _REVIEW,
            "unconfirmed": _list({"enum": list(_MEMBERS)}),
            "facts": _FACTS,
            "expect": _EXPECT,
            "matched": _FIELDS,
        },
    ),
}
