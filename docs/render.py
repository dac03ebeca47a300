"""Renders what repeats the code: the errors, outcomes, rules, metrics, and models of the client.

`make docs` writes them, the lint compares them; a page never differs from its source.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from docs.client_models import models_source
from docs.metrics_page import METRICS_SOURCE, metrics, metrics_body
from docs.produced import Producer, producers
from docs.rules_page import RULES_SOURCE, rules_body
from outscope.errors import ERROR_TABLE, ErrorRow
from outscope.failures import FAILURE_TABLE, FailureReason, FailureRow
from services.gateway.openapi import openapi_document
from services.gateway.routes import OPERATIONS
from services.prober.facts import Outcome, OutcomeCode
from services.prober.judge.pack import DECLARED
from services.prober.judge.pack_source import RULES_VERSION

DOCS: Final = Path(__file__).parent
ROOT: Final = DOCS.parent
FACTS_PROTO: Final = ROOT / "proto/outscope/v1/facts.proto"
CLIENT_MODELS: Final = ROOT / "client/outscope_client/models.py"

_RENDERED: Final = "<!-- Rendered by `make docs`; change {source} instead. -->"
_PREFIX: Final = "OUTCOME_CODE_"
_VALUE: Final = re.compile(rf"\s*{_PREFIX}(?P<name>\w+) = (?P<number>\d+);")
_STAGES: Final = MappingProxyType(
    {
        "dns": "Resolving the name",
        "tcp": "Opening a port",
        "tls": "The TLS handshake",
        "http": "Requesting a path",
    }
)
_ANY_STAGE: Final = "Any stage"
_SOURCES_OF_OUTCOMES: Final = (
    "proto/outscope/v1/facts.proto, outscope/failures.py or a mark of a test"
)
_TABLE_OF_CODES: Final = ("| Code | Owner | Meaning | Shown by |", "|---|---|---|---|")

_ERRORS_OPENING: Final = """\
A refusal is the caller's to change, and `error.code` says how.
The code is stable; the message is for people and may change.
What was learned of a target is never an error: see [outcomes](outcomes.md).

Over REST a refusal is this body, with the request id also in the header `x-request-id`:

```json
{
  "error": {
    "code": "invalid_request",
    "message": "There is no field \\"prots\\"; did you mean \\"ports\\"?",
    "details": {"field": "prots", "value": [80], "nearest": "ports"},
    "request_id": "req_01m84xktb8hs92kyg7bbdahxcq"
  }
}
```

Over gRPC it is a status with the standard details of `google.rpc`.
`ErrorInfo` has the code in capitals as its `reason` and `outscope` as its `domain`.
`BadRequest` names the field, `RetryInfo` says when to come back, `RequestInfo` has the request id.

| `error.code` | HTTP | gRPC | When |
|---|---|---|---|
"""
_OUTCOMES_OPENING: Final = """\
Every stage of a check ends in one of these codes, and each is an answer, not an error.
The owner is who has to act for the outcome to change.
It is the target, the resolver, the network between, the policy of this installation, or us.

Each is shown by a test in which a real server, resolver or socket brings it about.
Such a test fails unless the code came out of the product while it ran.
What each server that misbehaves comes to is in [the gauntlet](../tests/targets/gauntlet.py).
"""
_FAILURES_OPENING: Final = """\

## A check that failed

A check whose status is `failed` is one that we could not carry out.
It has no verdict and no facts: it says nothing about the target.
Its `failure.reason` is one of these, and the list may grow.

| `failure.reason` | Owner | Meaning | Shown by |
|---|---|---|---|
"""
_UNPRODUCED: Final = "nothing: no stage ends so in this version"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """One value of the enum OutcomeCode and the comment above it."""

    code: str
    meaning: str


def outcome_rows(proto: str) -> list[OutcomeRow]:
    """Return the values of the enum OutcomeCode of a proto file, the unspecified one left out."""
    body = proto.partition("enum OutcomeCode {")[2].partition("\n}")[0]
    rows: list[OutcomeRow] = []
    comment: list[str] = []
    for line in body.splitlines():
        if line.strip().startswith("//"):
            comment.append(line.strip().removeprefix("//").strip())
            continue
        value = _VALUE.match(line)
        if value and value["number"] != "0":
            rows.append(OutcomeRow(code=value["name"].lower(), meaning=" ".join(comment)))
        comment = []
    return rows


def errors_page(table: Iterable[ErrorRow]) -> str:
    """Return docs/errors.md."""
    rows = (
        f"| `{row.code}` | {row.http_status} | `{row.grpc_code}` | {row.summary} |" for row in table
    )
    return _page("Errors", "outscope/errors.py", _ERRORS_OPENING + "\n".join(rows))


def outcomes_page(
    rows: Iterable[OutcomeRow],
    owner_of: Callable[[str], str],
    failures: Iterable[FailureRow],
    shown_by: Callable[[OutcomeCode | FailureReason], Sequence[Producer]],
) -> str:
    """Return docs/outcomes.md.

    owner_of tells who has to act for a code to change, shown_by which tests bring it about.
    """
    sections: dict[str, list[str]] = {title: [] for title in (_ANY_STAGE, *_STAGES.values())}
    for row in rows:
        title = _STAGES.get(row.code.partition("_")[0], _ANY_STAGE)
        tests = _links(shown_by(OutcomeCode(row.code)))
        sections[title].append(f"| `{row.code}` | {owner_of(row.code)} | {row.meaning} | {tests} |")
    tables = (
        "\n".join(["", f"## {title}", "", *_TABLE_OF_CODES, *lines])
        for title, lines in sections.items()
    )
    failed = (
        f"| `{row.reason}` | {row.owner} | {row.summary} | {_links(shown_by(row.reason))} |"
        for row in failures
    )
    body = _OUTCOMES_OPENING + "\n".join(tables) + "\n" + _FAILURES_OPENING + "\n".join(failed)
    return _page("Outcomes", _SOURCES_OF_OUTCOMES, body)


def pages() -> Mapping[str, str]:
    """Return every rendered page by its file name."""
    rows = outcome_rows(FACTS_PROTO.read_text("utf-8"))
    tests = producers(ROOT)
    return {
        "errors.md": errors_page(ERROR_TABLE),
        "outcomes.md": outcomes_page(
            rows, _owner_of, FAILURE_TABLE, lambda code: tests.get(_member(code), ())
        ),
        "metrics.md": _page("Metrics", METRICS_SOURCE, metrics_body(metrics(ROOT))),
        "rules.md": _page("The rules", RULES_SOURCE, rules_body(DECLARED, RULES_VERSION)),
    }


def client_models() -> str:
    """Return client/outscope_client/models.py."""
    return models_source(openapi_document(OPERATIONS))


def _owner_of(code: str) -> str:
    return Outcome(code=OutcomeCode(code)).owner or "—"


def _member(code: OutcomeCode | FailureReason) -> str:
    return f"{type(code).__name__}.{code.name}"


def _links(tests: Sequence[Producer]) -> str:
    if not tests:
        return _UNPRODUCED
    return "; ".join(f"[{test.fact}](../{test.path})" for test in tests)


def _page(title: str, source: str, body: str) -> str:
    return f"# {title}\n\n{_RENDERED.format(source=source)}\n\n{body}\n"


def main() -> None:
    """Write the rendered pages."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, "utf-8")
    CLIENT_MODELS.write_text(client_models(), "utf-8")


if __name__ == "__main__":
    main()
