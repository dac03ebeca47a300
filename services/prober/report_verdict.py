"""Translates a verdict into the message that reports it: no I/O.

Law: no credential of a target leaves here, neither in evidence nor in an address.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from outscope.v1 import verdict_pb2
from services.prober.judge.verdict import (
    ApiDocument,
    Authentication,
    Evidence,
    Layer,
    PathAuthentication,
    Reason,
    Verdict,
)
from services.prober.observe.redact import redacted_address, redacted_value

_EVIDENCE_CHARS: Final = 256


def cited_headers(verdict: Verdict) -> dict[str, frozenset[str]]:
    """Return the headers that are evidence, by the path of the answer they came with."""
    cited: dict[str, frozenset[str]] = {}
    for evidence in evidence_of(verdict):
        where, found, name = evidence.field.partition(".headers.")
        if found:
            where = where.partition(".redirects[")[0]
            cited[where] = cited.get(where, frozenset()) | {name}
    return cited


def evidence_of(verdict: Verdict) -> Iterator[Evidence]:
    """Yield all that a verdict rests on."""
    paths = verdict.authentication.paths if verdict.authentication else ()
    yield from chain.from_iterable(reason.evidence for reason in verdict.reasons)
    yield from chain.from_iterable(layer.evidence for layer in verdict.layers)
    yield from chain.from_iterable(path.evidence for path in paths)
    yield from chain.from_iterable(document.evidence for document in verdict.documents)


def analysis_message(verdict: Verdict) -> verdict_pb2.Analysis:
    """Return the message of a verdict."""
    return verdict_pb2.Analysis(
        reachable=verdict.reachable,
        speaks_http=verdict.speaks_http,
        analyzable=verdict.analyzable,
        analyzability=verdict.analyzability.value,
        confidence=verdict.confidence.value,
        kind=verdict.kind.value,
        kind_confidence=verdict.kind_confidence.value,
        kind_runner_up=verdict.kind_runner_up or "",
        layers=[_layer(layer) for layer in verdict.layers],
        auth_detected=verdict.auth_detected,
        api_doc_detected=verdict.api_doc_detected,
        reasons=[_reason(reason) for reason in verdict.reasons],
        rules_version=verdict.rules_version,
        authentication=_authentication(verdict.authentication),
        documents=[_document(document) for document in verdict.documents],
    )


def _authentication(known: Authentication | None) -> verdict_pb2.Authentication | None:
    if known is None:
        return None
    return verdict_pb2.Authentication(
        paths=[_path(path) for path in known.paths],
        gated_share=known.gated_share,
        entry_url=redacted_address(known.entry_url),
    )


def _path(path: PathAuthentication) -> verdict_pb2.PathAuthentication:
    # What was asked for is told as it was; what the target led to may carry credentials of its own.
    is_found = any(evidence.field.startswith("discovered[") for evidence in path.evidence)
    return verdict_pb2.PathAuthentication(
        path=redacted_address(path.path) if is_found else path.path,
        state=path.state.value,
        schemes=path.schemes,
        realm=redacted_address(path.realm),
        provider=path.provider,
        entry_url=redacted_address(path.entry_url),
        evidence=[evidence_message(evidence) for evidence in path.evidence],
    )


def _document(document: ApiDocument) -> verdict_pb2.ApiDocument:
    return verdict_pb2.ApiDocument(
        type=document.type,
        version=document.version,
        title=redacted_address(document.title),
        url=redacted_address(document.url),
        operations=document.operations,
        security_schemes=document.security_schemes,
        servers=[redacted_address(server) for server in document.servers],
        complete=document.complete,
        ui=document.ui,
        state=document.state.value,
        evidence=[evidence_message(evidence) for evidence in document.evidence],
    )


def _reason(reason: Reason) -> verdict_pb2.Reason:
    return verdict_pb2.Reason(
        code=reason.code,
        category=reason.category.value,
        message=redacted_address(reason.message),
        evidence=[evidence_message(evidence) for evidence in reason.evidence],
    )


def _layer(layer: Layer) -> verdict_pb2.Layer:
    return verdict_pb2.Layer(
        vendor=layer.vendor,
        role=layer.role.value,
        action=layer.action.value,
        evidence=[evidence_message(evidence) for evidence in layer.evidence],
    )


def evidence_message(evidence: Evidence) -> verdict_pb2.Evidence:
    """Return what a rule saw, without credentials."""
    _, _, header = evidence.field.partition(".headers.")
    value = redacted_value(header, evidence.value) if header else redacted_address(evidence.value)
    return verdict_pb2.Evidence(
        rule=evidence.rule, field=evidence.field, value=value[:_EVIDENCE_CHARS]
    )
