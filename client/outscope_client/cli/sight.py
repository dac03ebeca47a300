"""A check as a tool tells it: the verdict first, then what each of several vantage points saw.

Law: made of the check alone; what it has is told by one shape, whatever its state.
"""

from typing import Any, Optional

from typing_extensions import TypedDict

from outscope_client.cli.report import report_lines, report_of, verdict_of
from outscope_client.models import Agreement, Check, VantageView


class Reason(TypedDict):
    """Why the verdict is as it is."""

    code: str
    category: str
    message: str


class Sight(TypedDict):
    """What one of several vantage points saw; null where it has not ended or could not look."""

    vantage_point: str
    status: str
    verdict: str
    analyzability: Optional[str]
    # Why it could not look.
    failure: Optional[str]


class Fact(TypedDict):
    """One fact that differs; elsewhere is null when it was compared with nobody."""

    code: str
    field: str
    value: str
    elsewhere: Optional[str]


class Dissenting(TypedDict):
    """In what one vantage point differs from another."""

    vantage_point: str
    compared_with: Optional[str]
    code: str
    evidence: list[Fact]


class Agreed(TypedDict):
    """Whether the vantage points that are counted agree: agree, or the class that says most."""

    code: str
    counted: list[str]
    dissents: list[Dissenting]


class Seen(TypedDict):
    """A check, the verdict first; what is not known yet, or was not to be had, is null."""

    id: str
    fqdn: str
    # Null when several were asked for.
    vantage_point: Optional[str]
    # What each of several saw, in the order asked; else empty.
    vantages: list[Sight]
    # Null until it has completed, with one place, and where nobody can be counted.
    agreement: Optional[Agreed]
    # pending, completed, failed or cancelled.
    status: str
    verdict: str
    analyzability: Optional[str]
    confidence: Optional[str]
    kind: Optional[str]
    auth_detected: Optional[bool]
    api_doc_detected: Optional[bool]
    reasons: list[Reason]
    # All of it as a person reads it.
    report: str
    # All of it as GET /v1/check/{id} answers it.
    check: dict[str, Any]


def seen_of(check: Check) -> Seen:
    """Return what a tool tells of a check."""
    analysis = check["analysis"] or {}
    report = report_of(check)
    return Seen(
        id=check["id"],
        fqdn=check["fqdn"],
        vantage_point=check.get("vantage_point"),
        vantages=[_sight(view) for view in check.get("vantages") or []],
        agreement=_agreed(check.get("agreement")),
        status=check["status"],
        verdict=report.verdict,
        analyzability=analysis.get("analyzability"),
        confidence=analysis.get("confidence"),
        kind=analysis.get("kind"),
        auth_detected=analysis.get("auth_detected"),
        api_doc_detected=analysis.get("api_doc_detected"),
        reasons=[
            Reason(code=one["code"], category=one["category"], message=one["message"])
            for one in analysis.get("reasons", [])
        ],
        report="\n".join(line for _, line in report_lines(report)),
        check=dict(check),
    )


def _sight(view: VantageView) -> Sight:
    analysis, failure = view.get("analysis"), view.get("failure")
    return Sight(
        vantage_point=view["vantage_point"],
        status=view["status"],
        verdict=verdict_of(view),
        analyzability=analysis["analyzability"] if analysis else None,
        failure=failure["reason"] if failure else None,
    )


def _agreed(agreement: Optional[Agreement]) -> Optional[Agreed]:
    if agreement is None:
        return None
    dissents = [
        Dissenting(
            vantage_point=one["vantage_point"],
            compared_with=one["compared_with"],
            code=one["code"],
            evidence=[
                Fact(
                    code=fact["code"],
                    field=fact["field"],
                    value=fact["value"],
                    elsewhere=fact["elsewhere"],
                )
                for fact in one["evidence"]
            ],
        )
        for one in agreement["dissents"]
    ]
    return Agreed(code=agreement["code"], counted=list(agreement["counted"]), dissents=dissents)
