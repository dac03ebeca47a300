"""Decides between analyzable, not analyzable and unknown, and how sure that is.

Law: no "no" about a page that is served, no "yes" about a wall, and where the facts leave both
open, unknown. The rules are told in docs/verdict.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from services.prober.facts import HostFacts, Outcome, OutcomeCode, Owner
from services.prober.judge.codes import Code, Note, Standing, reason_for
from services.prober.judge.findings import Finding, finding_for
from services.prober.judge.html import visible_text
from services.prober.judge.network import cut_short_reason, unasked_ports
from services.prober.judge.pack import STRENGTHS
from services.prober.judge.page import Form, page_of
from services.prober.judge.precedence import shows_the_application
from services.prober.judge.rule import Strength
from services.prober.judge.sender import Sender
from services.prober.judge.verdict import Analyzability, Confidence, Evidence, Reason, seen

_FRAGMENT_CHARS: Final = 200
_FILES: Final = ("css", "javascript", "font", "image/")

# Nobody looked there, or what was seen is not of the application.
_OPEN: Final = frozenset(
    {
        Code.AMBIGUOUS,
        Code.DENIED_ALIKE,
        Code.REDIRECT_LOOP,
        Code.REDIRECT_NOT_FOLLOWED,
        Code.REDIRECT_REFUSED,
        Code.SERVED_FOR_ROBOTS,
    }
)

_CONFIDENCE_BY: Final = MappingProxyType(
    {
        Strength.DEFINITIVE: Confidence.HIGH,
        Strength.CONDITIONAL: Confidence.MEDIUM,
        Strength.SLIGHT: Confidence.LOW,
        Strength.BESIDE: Confidence.LOW,
    }
)

# How sure a failure is to be the target's last word; one that is not here leaves it open.
_FAILURES: Final = MappingProxyType(
    {
        **dict.fromkeys(
            (
                OutcomeCode.DNS_NXDOMAIN,
                OutcomeCode.DNS_NO_DATA,
                OutcomeCode.DNS_CNAME_LOOP,
                OutcomeCode.TCP_REFUSED,
                OutcomeCode.TLS_PROTOCOL_UNSUPPORTED,
                OutcomeCode.TLS_CLIENT_CERTIFICATE_REQUIRED,
                OutcomeCode.TLS_SNI_REFUSED,
                OutcomeCode.HTTP_NOT_HTTP,
            ),
            Confidence.HIGH,
        ),
        **dict.fromkeys(
            (
                OutcomeCode.DNS_SERVFAIL,
                OutcomeCode.TCP_TIMEOUT,
                OutcomeCode.TCP_UNREACHABLE,
                OutcomeCode.TCP_RESET,
                OutcomeCode.TLS_ALERT,
                OutcomeCode.TLS_MALFORMED,
                OutcomeCode.HTTP_MALFORMED,
            ),
            Confidence.MEDIUM,
        ),
        # What refuses our client may serve another.
        **dict.fromkeys(
            (
                OutcomeCode.TLS_RESET,
                OutcomeCode.TLS_CLOSED,
                OutcomeCode.HTTP_RESET,
                OutcomeCode.HTTP_CLOSED,
            ),
            Confidence.LOW,
        ),
    }
)
_CONFIDENCES: Final = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The state of a host; the doubt that left it open, when one did, decided."""

    analyzability: Analyzability
    confidence: Confidence
    doubt: Reason | None = None


def judgement_of(
    findings: tuple[Finding, ...],
    decisive: Finding,
    senders: Mapping[str, Sender],
    facts: HostFacts,
) -> Judgement:
    """Return the state of a host that answered; senders are by the field of their answer."""
    doubt = next(_doubts(findings, decisive, facts), None)
    if doubt is not None:
        return _unknown(doubt)
    if shows_the_application(decisive, findings):
        shown = [f for f in findings if shows_the_application(f, findings)]
        if not all(_is_of_the_edge(finding, senders) for finding in shown):
            return _sure(Analyzability.ANALYZABLE, decisive, findings, facts)
        return _unknown()
    # A redirect that was followed, and is decisive, leads in a circle.
    if decisive.code in _OPEN or decisive.code is Code.REDIRECT_SAME_SITE:
        return _unknown()
    return _sure(Analyzability.NOT_ANALYZABLE, decisive, findings, facts)


def judgement_without_answers(codes: tuple[OutcomeCode, ...], facts: HostFacts) -> Judgement:
    """Return the state of a host that answered no HTTP; codes are how its stages failed."""
    if facts.deadline_hit and facts.dns.outcome.ok:
        return _unknown(cut_short_reason(facts))
    is_theirs = all(Outcome(code=code).owner in {Owner.TARGET, Owner.NETWORK} for code in codes)
    if not is_theirs or not _FAILURES.keys() >= set(codes):
        return _unknown()
    confidence = min((_FAILURES[code] for code in codes), key=_CONFIDENCES.index)
    return Judgement(analyzability=Analyzability.NOT_ANALYZABLE, confidence=confidence)


def _unknown(doubt: Reason | None = None) -> Judgement:
    return Judgement(analyzability=Analyzability.UNKNOWN, confidence=Confidence.LOW, doubt=doubt)


def _sure(
    state: Analyzability, decisive: Finding, findings: tuple[Finding, ...], facts: HostFacts
) -> Judgement:
    """Return a state as sure as its mark, and less so where other facts speak against it."""
    level = _CONFIDENCES.index(_CONFIDENCE_BY[STRENGTHS[decisive.evidence[0].rule]])
    is_walled_too = state is Analyzability.ANALYZABLE and any(
        finding.standing is Standing.WALLED for finding in findings
    )
    is_partial = not decisive.page.is_finished or _is_unseen(decisive)
    is_unasked = state is Analyzability.NOT_ANALYZABLE and unasked_ports(facts)
    if is_walled_too or facts.deadline_hit or is_partial or is_unasked:
        level = max(0, level - 1)
    return Judgement(analyzability=state, confidence=_CONFIDENCES[level])


def _is_of_the_edge(finding: Finding, senders: Mapping[str, Sender]) -> bool:
    sender = senders.get(finding.page.where)
    return sender is not None and sender.is_edge


def _doubts(findings: tuple[Finding, ...], decisive: Finding, facts: HostFacts) -> Iterator[Reason]:
    """Yield what leaves open whether the decisive finding is the truth."""
    is_cut = facts.deadline_hit or bool(unasked_ports(facts))
    if is_cut and decisive.standing not in {Standing.REACHED, Standing.WALLED}:
        reason = cut_short_reason(facts)
        if reason is not None:
            yield reason
    reached = [finding for finding in findings if finding.standing is Standing.REACHED]
    walled = [finding for finding in findings if finding.standing is Standing.WALLED]
    if reached and all(_is_fragment(finding) for finding in reached):
        yield _unfinished(decisive)
    if reached and walled and all(_is_file(finding) for finding in reached):
        yield _only_files(reached[0], walled[0])
    yield from _conflicts_of_addresses(decisive, facts)


def _is_fragment(finding: Finding) -> bool:
    """Tell a page that broke off before there was anything to judge it by."""
    return not finding.page.is_finished and _has_nothing_to_read(finding)


def _is_unseen(finding: Finding) -> bool:
    """Tell a page that is longer than what is read of it, and shows nothing up to there."""
    return finding.page.truncated and _has_nothing_to_read(finding)


def _has_nothing_to_read(finding: Finding) -> bool:
    page = finding.page
    if finding.code is not Code.CONTENT_SERVED or page.form is not Form.HTML:
        return False
    return len(visible_text(page.lowered)) <= _FRAGMENT_CHARS


def _unfinished(finding: Finding) -> Reason:
    page = finding.page
    message = f"{page.asked} broke off before enough of it was read to judge it; check it again."
    evidence = seen("content.unfinished", f"{page.where}.status_code", page.status)
    return reason_for(Note.UNFINISHED_ANSWER, message, (evidence,))


def _is_file(finding: Finding) -> bool:
    """Tell a picture, a style or a script: often served to those who are kept from the pages."""
    page = finding.page
    if finding.code is not Code.CONTENT_SERVED:
        return False
    return page.form is Form.BINARY or any(kind in page.media_type for kind in _FILES)


def _only_files(file: Finding, wall: Finding) -> Reason:
    message = (
        f"{wall.page.asked} shows no application and only files such as {file.page.asked} are "
        "served, which many walls let through; check a page of the application."
    )
    return reason_for(Note.CONFLICTING_ANSWERS, message, (wall.evidence[0], file.evidence[0]))


def _conflicts_of_addresses(decisive: Finding, facts: HostFacts) -> Iterator[Reason]:
    """Yield the decisive path when one address of the name serves it and another walls it off."""
    for index, path in enumerate(facts.paths):
        where = f"paths[{index}]"
        if not path.other_addresses or not decisive.page.where.startswith(where):
            continue
        places = [
            where,
            *(f"{where}.other_addresses[{n}]" for n in range(len(path.other_addresses))),
        ]
        pages = (page_of(*one) for one in zip(places, (path, *path.other_addresses), strict=True))
        answers = [finding_for(page, facts) for page in pages if page is not None]
        reached = next((f for f in answers if f.standing is Standing.REACHED), None)
        walled = next((f for f in answers if f.standing is Standing.WALLED), None)
        if reached is not None and walled is not None:
            message = (
                f"{path.path} is served on one address of the name and walled off on another; "
                "visitors get either, so make the addresses alike."
            )
            evidence = (_status_of(reached), _status_of(walled))
            yield reason_for(Note.CONFLICTING_ANSWERS, message, evidence)


def _status_of(finding: Finding) -> Evidence:
    page = finding.page
    return seen("network.addresses", f"{page.where}.status_code", page.status)
