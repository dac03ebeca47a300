"""The judge's door: facts in, verdict out.

Any one path that reaches the application makes the host analyzable, and so does what another port
answered. Otherwise the most definitive thing seen says why not; presence of a content network or
firewall never decides anything.
"""

from collections.abc import Iterable
from typing import Final

from services.prober.facts import HostFacts, TcpState
from services.prober.judge.addresses import addresses_reason
from services.prober.judge.auth import metadata_in
from services.prober.judge.chain_ends import chain_reasons
from services.prober.judge.codes import Code, message_for
from services.prober.judge.documentation import Documentation, documentation_in
from services.prober.judge.findings import Finding, finding_for
from services.prober.judge.kind import kind_of
from services.prober.judge.network import certificate_reason, cut_short_reason, failure_reasons
from services.prober.judge.page import Page, other_pages_of, pages_of
from services.prober.judge.precedence import (
    IMPORTANCE,
    decisive_of,
    shows_the_application,
    told,
)
from services.prober.judge.presence import in_front
from services.prober.judge.verdict import MAX_EVIDENCE, Evidence, Kind, Reason, Verdict

_ASKS: Final = frozenset(
    {
        Code.AUTH_REQUIRED,
        Code.LOGIN_FORM,
        Code.LOGIN_REDIRECT,
        Code.IDENTITY_PROVIDER_REDIRECT,
        Code.ACCESS_PROXY,
    }
)


def verdict_for(facts: HostFacts) -> Verdict:
    """Return the judgement of one host; pure, and never raises on what a target sent."""
    findings = _findings(facts) if facts.dns.outcome.ok else ()
    pages = tuple(finding.page for finding in findings)
    documents = {page.where: found for page in pages if (found := documentation_in(page))}
    reachable = any(port.state is TcpState.OPEN for port in facts.ports)
    speaks_http = bool(pages) or any(port.speaks_http for port in facts.ports)
    decisive = decisive_of(findings)
    credentials = tuple(_credential_reasons(pages, documents, facts.fqdn))
    return Verdict(
        reachable=reachable,
        speaks_http=speaks_http,
        analyzable=decisive is not None and shows_the_application(decisive, findings),
        kind=_kind(findings, documents, facts, reachable=reachable),
        auth_detected=bool(credentials) or any(f.code in _ASKS for f in findings),
        api_doc_detected=bool(documents),
        reasons=(
            *_finding_reasons(findings, decisive, facts.fqdn),
            *(failure_reasons(facts) if not findings else ()),
            *credentials,
            *_documentation_reasons(documents),
            *chain_reasons(facts, {finding.code for finding in findings}),
            *_other_reasons(facts, pages),
        ),
    )


def _findings(facts: HostFacts) -> tuple[Finding, ...]:
    """Return what the paths and the other ports show."""
    pages = pages_of(facts)
    own = tuple(finding_for(page, facts) for page in pages)
    return told(own, tuple(finding_for(page, facts) for page in other_pages_of(facts, pages)))


def _kind(
    findings: tuple[Finding, ...],
    documents: dict[str, Documentation],
    facts: HostFacts,
    *,
    reachable: bool,
) -> Kind:
    if findings:
        return kind_of(findings, documents, facts.fqdn)
    return Kind.OTHER_SERVICE if reachable else Kind.NONE


def _finding_reasons(
    findings: tuple[Finding, ...], decisive: Finding | None, fqdn: str
) -> Iterable[Reason]:
    """Return one reason per code and vendor, the decisive one first."""
    groups: dict[tuple[Code, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: (f is not decisive, IMPORTANCE[f.code])):
        groups.setdefault((finding.code, finding.vendor), []).append(finding)
    for (code, vendor), group in groups.items():
        first = group[0]
        fields = {
            "path": first.page.asked,
            "status": str(first.page.status),
            "vendor": vendor or "The site",
            "target": first.target,
            "host": fqdn,
            "advice": first.advice,
        }
        evidence = [item for finding in group for item in finding.evidence]
        yield Reason(
            code=str(code),
            message=message_for(code, fields),
            evidence=tuple(evidence[:MAX_EVIDENCE]),
        )


def _credential_reasons(
    pages: tuple[Page, ...], documents: dict[str, Documentation], fqdn: str
) -> Iterable[Reason]:
    """Return what asks for credentials beside the findings: metadata, descriptions."""
    metadata = [item for page in pages for item in metadata_in(page, fqdn)]
    if metadata:
        message = "The host publishes OAuth metadata; its API expects tokens."
        yield Reason(code="oauth_metadata", message=message, evidence=tuple(metadata))
    declared = [item for found in documents.values() for item in found.security]
    if declared:
        message = "The API description declares security schemes; give the scanner credentials."
        yield Reason(code="documented_security", message=message, evidence=tuple(declared))


def _documentation_reasons(documents: dict[str, Documentation]) -> Iterable[Reason]:
    for found in documents.values():
        named = f" of “{found.title[:80]}”" if found.title else ""
        yield Reason(
            code="api_documentation",
            message=f"API documentation{named} is public ({found.type}); scanners can import it.",
            evidence=found.evidence,
        )


def _other_reasons(facts: HostFacts, pages: tuple[Page, ...]) -> Iterable[Reason]:
    """Return what is worth knowing and decides nothing: certificate, cut, who is in front."""
    for reason in (certificate_reason(facts), addresses_reason(facts), cut_short_reason(facts)):
        if reason is not None:
            yield reason
    for vendor, evidence in in_front(pages[0]) if pages else ():
        yield _presence_reason(vendor, evidence)


def _presence_reason(vendor: str, evidence: tuple[Evidence, ...]) -> Reason:
    message = f"{vendor} stands in front of the host; alone this says nothing of its content."
    return Reason(code="edge_present", message=message, evidence=evidence)
