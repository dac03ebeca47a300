"""The judge's door: facts in, verdict out.

Any one path that reaches the application makes the host analyzable, and so does what another port
answered. Otherwise the most definitive thing seen says why not, or that the facts leave it open;
presence of a content network or firewall never decides anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from services.prober.facts import HostFacts, OutcomeCode, TcpState
from services.prober.judge.addresses import addresses_reason
from services.prober.judge.app_shell import app_shell_in
from services.prober.judge.authentication import asks_for_credentials, authentication_of
from services.prober.judge.chain_ends import chain_reasons
from services.prober.judge.codes import Code, Note, Standing, reason_for
from services.prober.judge.control import (
    control_of,
    discovered_pages,
    gated,
    is_of_control,
    protected_documentation,
)
from services.prober.judge.documentation import Documentation, documentation_in
from services.prober.judge.documentation_reasons import documentation_reasons
from services.prober.judge.documents import addresses_named_by, documents_of
from services.prober.judge.findings import Finding, finding_for
from services.prober.judge.kind_scores import KindJudgement, kind_judgement, kind_without_answers
from services.prober.judge.layers import Present, layers_of
from services.prober.judge.listings import listing_in
from services.prober.judge.metadata import metadata_in
from services.prober.judge.names import address_for_people
from services.prober.judge.network import certificate_reason, cut_short_reason, failure_reasons
from services.prober.judge.page import Page, other_pages_of, pages_of
from services.prober.judge.precedence import IMPORTANCE, decisive_of, told
from services.prober.judge.presence import in_front
from services.prober.judge.sender import Sender, senders_of
from services.prober.judge.sentences import sentence_of
from services.prober.judge.states import Judgement, judgement_of, judgement_without_answers
from services.prober.judge.verdict import (
    MAX_EVIDENCE,
    Analyzability,
    DocumentState,
    Evidence,
    Kind,
    Reason,
    Verdict,
)

# What a scanner has to be set up for.
_KIND_MESSAGES: Final = MappingProxyType(
    {
        Note.DRAWN_BY_SCRIPTS: (
            "{path} is drawn by scripts in the browser; crawl it with one, for it has no links to "
            "follow before."
        ),
        Note.DIRECTORY_LISTING: (
            "{path} lists the files of a folder; check that all of them are meant to be public."
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the answers of a host come to."""

    findings: tuple[Finding, ...]
    # By the field of each answer.
    present: Mapping[str, Present]
    # Those that show something of their own path, discovered ones included.
    telling: tuple[Page, ...]
    # By the field of their answer.
    documents: dict[str, Documentation]
    # By the field of their answer, what shows that documentation is there and denied.
    protected: dict[str, tuple[Evidence, ...]]


def verdict_for(facts: HostFacts) -> Verdict:
    """Return the judgement of one host; pure, and never raises on what a target sent."""
    shown = _seen(facts)
    findings = shown.findings
    reachable = any(port.state is TcpState.OPEN for port in facts.ports)
    speaks_http = bool(findings) or any(port.speaks_http for port in facts.ports)
    kind = _kind(findings, shown.documents, facts, reachable=reachable)
    authentication = authentication_of(
        findings, shown.documents, facts.fqdn, beside=_beside(shown, facts)
    )
    listed = documents_of(shown.telling, shown.documents, shown.protected)
    judgement, why = _judged(findings, senders_of(findings, shown.present), facts)
    return Verdict(
        reachable=reachable,
        speaks_http=speaks_http,
        analyzable=judgement.analyzability is Analyzability.ANALYZABLE,
        analyzability=judgement.analyzability,
        confidence=judgement.confidence,
        kind=kind.kind,
        kind_confidence=kind.confidence,
        kind_runner_up=kind.runner_up,
        layers=layers_of(findings, shown.present.values()),
        auth_detected=asks_for_credentials(authentication),
        api_doc_detected=any(each.state is DocumentState.PARSED for each in listed),
        authentication=authentication,
        documents=listed,
        reasons=_each_once(
            (
                *((judgement.doubt,) if judgement.doubt else ()),
                *why,
                *_credential_reasons(shown, facts),
                *documentation_reasons(shown.telling, shown.documents, shown.protected, listed),
                *chain_reasons(facts, {finding.code for finding in findings}),
                *_kind_reasons(findings, kind.kind),
                *_other_reasons(facts),
                *_presence_reasons(shown),
            )
        ),
    )


def _seen(facts: HostFacts) -> _Seen:
    control = control_of(facts)
    beside = discovered_pages(facts, control)
    findings = _findings(facts, beside) if facts.dns.outcome.ok else ()
    pages = [finding.page for finding in findings]
    present = {hop.where: in_front(hop) for page in pages for hop in (*page.before, page)}
    telling = {page.where: page for page in (*pages, *beside) if not is_of_control(page, control)}
    documents = {where: it for where, page in telling.items() if (it := documentation_in(page))}
    named = addresses_named_by(tuple(telling.values()), documents)
    denials = {
        where: protected_documentation(page, control, facts, named)
        for where, page in telling.items()
    }
    return _Seen(
        findings=gated(findings, control, present, facts),
        present=present,
        telling=tuple(telling.values()),
        documents=documents,
        protected={where: shown for where, shown in denials.items() if shown},
    )


def _beside(shown: _Seen, facts: HostFacts) -> tuple[Finding, ...]:
    """Return what answers show that are none of the findings: those to discovery."""
    known = {finding.page.where for finding in shown.findings}
    return tuple(finding_for(page, facts) for page in shown.telling if page.where not in known)


def _judged(
    findings: tuple[Finding, ...], senders: Mapping[str, Sender], facts: HostFacts
) -> tuple[Judgement, tuple[Reason, ...]]:
    """Return the state of a host, and what it was decided by."""
    decisive = decisive_of(findings)
    if decisive is None:
        failures = failure_reasons(facts)
        codes = tuple(OutcomeCode(reason.code) for reason in failures)
        return judgement_without_answers(codes, facts), failures
    reasons = tuple(_finding_reasons(findings, decisive, senders, facts))
    return judgement_of(findings, decisive, senders, facts), reasons


def _each_once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))


def _findings(facts: HostFacts, beside: tuple[Page, ...]) -> tuple[Finding, ...]:
    """Return what the paths and the other ports show; and where that is little, what is beside."""
    pages = pages_of(facts)
    own = tuple(finding_for(page, facts) for page in pages)
    others = tuple(finding_for(page, facts) for page in other_pages_of(facts, pages))
    if not any(finding.standing is Standing.REACHED for finding in (*own, *others)):
        served = (finding_for(page, facts) for page in beside if page.is_ok)
        others += tuple(each for each in served if each.code is Code.CONTENT_SERVED)
    return told(own, others)


def _kind(
    findings: tuple[Finding, ...],
    documents: dict[str, Documentation],
    facts: HostFacts,
    *,
    reachable: bool,
) -> KindJudgement:
    if findings:
        return kind_judgement(findings, documents, facts.fqdn)
    return kind_without_answers(facts, reachable=reachable)


def _finding_reasons(
    findings: tuple[Finding, ...],
    decisive: Finding,
    senders: Mapping[str, Sender],
    facts: HostFacts,
) -> Iterable[Reason]:
    """Return one reason per code and vendor, the decisive one first."""
    groups: dict[tuple[Code, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: (f is not decisive, IMPORTANCE[f.code])):
        groups.setdefault((finding.code, finding.vendor), []).append(finding)
    for (code, _), group in groups.items():
        first = group[0]
        evidence = [item for finding in group for item in finding.evidence]
        sender = senders.get(first.page.where)
        if sender is not None:
            evidence[len(first.evidence) : len(first.evidence)] = sender.evidence
        message = sentence_of(first, sender, facts)
        yield reason_for(code, message, tuple(evidence[:MAX_EVIDENCE]))


def _credential_reasons(shown: _Seen, facts: HostFacts) -> Iterable[Reason]:
    """Return what asks for credentials beside the findings: metadata, descriptions."""
    found = [metadata for page in shown.telling if (metadata := metadata_in(page))]
    own = [item for metadata in found if metadata.is_of(facts.fqdn) for item in metadata.evidence]
    if own:
        message = "The host publishes OAuth metadata; its API expects tokens."
        yield reason_for(Note.OAUTH_METADATA, message, tuple(own[:MAX_EVIDENCE]))
    foreign = next((metadata for metadata in found if not metadata.is_of(facts.fqdn)), None)
    if foreign is not None:
        message = (
            f"The host publishes OAuth metadata of {address_for_people(foreign.owner)}, another "
            "site; correct it, or check that name instead."
        )
        yield reason_for(Note.FOREIGN_OAUTH_METADATA, message, foreign.evidence)
    declared = [item for found in shown.documents.values() for item in found.security]
    if declared:
        message = "The API description declares security schemes; give the scanner credentials."
        yield reason_for(Note.DOCUMENTED_SECURITY, message, tuple(declared[:MAX_EVIDENCE]))


def _kind_reasons(findings: tuple[Finding, ...], kind: Kind) -> Iterable[Reason]:
    """Return what showed a kind that scanners have to be set up for."""
    shows = {Kind.SPA: app_shell_in, Kind.STATIC_FILES: listing_in}.get(kind)
    served = [f.page for f in findings if f.code is Code.CONTENT_SERVED] if shows else []
    for page in served:
        if shows and (evidence := shows(page)):
            code = Note.DRAWN_BY_SCRIPTS if kind is Kind.SPA else Note.DIRECTORY_LISTING
            yield reason_for(code, _KIND_MESSAGES[code].format(path=page.asked), evidence)
            return


def _other_reasons(facts: HostFacts) -> Iterable[Reason]:
    """Return what is worth knowing and decides nothing: certificate, addresses, cut."""
    for reason in (certificate_reason(facts), addresses_reason(facts), cut_short_reason(facts)):
        if reason is not None:
            yield reason


def _presence_reasons(shown: _Seen) -> Iterable[Reason]:
    """Return who stands in front, as the first answer shows."""
    if not shown.findings:
        return
    for vendor, evidence in shown.present[shown.findings[0].page.where]:
        message = f"{vendor} stands in front of the host; alone this says nothing of its content."
        yield reason_for(Note.EDGE_PRESENT, message, evidence)
