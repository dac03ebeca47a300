"""A disputed verdict as a case of the corpus; tests/corpus/README.md has the format.

Law: what somebody has to decide is never decided here. The case says what its author claims, else
what the judge said, and lists everything of the second kind as unconfirmed: until that list is
gone, no test takes the case.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from outscope.kept import UnreadableKeptError, unpacked
from outscope.v1 import check_pb2, verdict_pb2
from services.scheduler.domain.review import Expected, Review, ReviewCase, ReviewReason
from services.scheduler.translate.check import spec_message
from services.scheduler.translate.corpus_facts import UnkeptAnswerError, Written, written_facts

_ANALYZABLE: Final = "analyzable"
# Disputed alone, a verdict of two values can only be the other one.
_DISPUTED: Final = {
    ReviewReason.WRONG_ANALYZABLE: _ANALYZABLE,
    ReviewReason.WRONG_AUTH: "auth_detected",
    ReviewReason.WRONG_API_DOC: "api_doc_detected",
}
_NOTHING: Final = "nothing"


def corpus_case_text(case: ReviewCase, kept: bytes) -> str:
    """Return a review's case as the text of its file; raises UnreadableKeptError."""
    result = check_pb2.CheckResult.FromString(case.result)
    try:
        facts = written_facts(spec_message(case.spec), result, unpacked(kept))
    except UnkeptAnswerError as error:
        raise UnreadableKeptError(f"has nothing of {error}") from error
    claimed = claims_in(case.review, result.analysis)
    expect, matched = _expect(result.analysis, claimed), _matched(result.analysis)
    written: Written = {
        "about": f"{case.spec.fqdn} as a check saw it, whose verdict is disputed.",
        "source": f"review {case.review.id}",
        "review": _review(case.review, result.analysis),
        "unconfirmed": list(_unconfirmed(result.analysis, claimed)),
        "expect": expect,
        "matched": matched,
        "facts": facts,
    }
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


def claims_in(review: Review, judged: verdict_pb2.Analysis) -> Expected:
    """Return what the author says of the verdict, by field: outright, or by the reason alone."""
    disputed = _DISPUTED.get(review.reason)
    implied = {} if disputed is None else {disputed: not getattr(judged, disputed)}
    return {**implied, **review.expected}


def _expect(judged: verdict_pb2.Analysis, claimed: Expected) -> Written:
    """Return the verdict as it is claimed and, where nothing is, as it was judged."""
    decisive = _decisive(judged)
    analyzable = claimed.get(_ANALYZABLE, judged.analyzable)
    return {
        "analyzability": _analyzability(judged, analyzable=bool(analyzable)),
        "analyzable": analyzable,
        "kind": claimed.get("kind", judged.kind),
        "auth_detected": claimed.get("auth_detected", judged.auth_detected),
        "api_doc_detected": claimed.get("api_doc_detected", judged.api_doc_detected),
        "reason": decisive.code or _NOTHING,
        "rule": decisive.evidence[0].rule if decisive.evidence else _NOTHING,
    }


def _analyzability(judged: verdict_pb2.Analysis, *, analyzable: bool) -> str:
    if analyzable:
        return _ANALYZABLE
    # Verdicts of rules before version 4 have two states only.
    said = judged.analyzability or "unknown"
    return "not_analyzable" if said == _ANALYZABLE else said


def _matched(judged: verdict_pb2.Analysis) -> str:
    evidence = _decisive(judged).evidence
    return evidence[0].field if evidence else _NOTHING


def _decisive(judged: verdict_pb2.Analysis) -> verdict_pb2.Reason:
    return judged.reasons[0] if judged.reasons else verdict_pb2.Reason()


def _unconfirmed(judged: verdict_pb2.Analysis, claimed: Expected) -> Iterator[str]:
    """Yield the members of the case that only the disputed verdict speaks for."""
    yield "about"
    if not claimed.get(_ANALYZABLE, False):  # not_analyzable and unknown are both a no
        yield "expect.analyzability"
    for name in (_ANALYZABLE, "kind", "auth_detected", "api_doc_detected"):
        if name not in claimed:
            yield f"expect.{name}"
    yield from ("expect.reason", "expect.rule")
    if judged.layers:
        yield "expect.vendors"
    yield "matched"


def _review(review: Review, judged: verdict_pb2.Analysis) -> dict[str, Any]:
    """Return who disputes what, with the names of those whom the judge saw in front."""
    told: dict[str, Any] = {"id": review.id, "reason": review.reason.value}
    if review.comment:
        told["comment"] = review.comment
    if review.expected:
        told["expected"] = dict(review.expected)
    if judged.layers:
        told["in_front"] = list(dict.fromkeys(layer.vendor for layer in judged.layers))
    return told
