"""Tells how what one vantage point saw differs from what another saw, and of which class that is.

Law: only what a person would call another answer is a difference. A body alone is none, as pages
change with each request, and neither are the values in the query of a redirect, as those to a login
carry a number made for each; another address is none where the same is served, as large sites
answer from the nearest of many; a renewed certificate is none while both are good, and an authority
signs by any of its intermediates.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.scheduler.domain.check import Owner
from services.scheduler.domain.sighting import PathSighting, PortSighting, Sighting, Stage

_UNAVAILABLE_FOR_LEGAL_REASONS: Final = 451
_FORBIDDEN: Final = 403
_FIRST_ERROR: Final = 400
_SERVER_ERRORS: Final = range(500, 600)
# Reasons that name who stands in front and keeps visitors out.
_WALLS: Final = frozenset({"challenge", "block", "rate_limited", "waiting_room", "access_proxy"})
# The organisation in a name as text (RFC 4514).
_ORGANISATION: Final = re.compile(r"(?:^|[,+])O=((?:[^,+\\]|\\.)*)", re.DOTALL)
# Members of a path's sighting by their names in answers.
_FIELD: Final = MappingProxyType(
    {"location": "location", "media_type": "content_type", "title": "title"}
)


class Disagreement(StrEnum):
    """The classes of disagreement, those that say most first."""

    # A legal block (RFC 7725).
    GEO_BLOCKED = "geo_blocked"
    # Kept out there, by a wall or a bare 403, and not elsewhere.
    WAF_BY_REGION = "waf_by_region"
    # The name leads elsewhere, or nowhere.
    DNS_SPLIT = "dns_split"
    # No answer, or an error of the server.
    REGIONAL_OUTAGE = "regional_outage"
    CERT_DIFFERS = "cert_differs"
    CONTENT_DIFFERS = "content_differs"
    # More likely we than the target.
    PROBER_SUSPECT = "prober_suspect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact that differs: what was seen there, and what elsewhere; both as text."""

    disagreement: Disagreement
    # The fact's path, such as paths[0].status_code.
    field: str
    value: str
    elsewhere: str


def differences(there: Sighting, elsewhere: Sighting) -> tuple[Difference, ...]:
    """Return how there differs from elsewhere, which came at least as far; empty when it does not.

    What explains the rest comes alone: who is kept out sees something else in the place of the
    application, whatever the address, and silence leaves nothing to compare. Another address is
    told beside what else is found there.
    """
    kept_out = (*_legal_blocks(there, elsewhere), *_named_walls(there, elsewhere))
    kept_out = kept_out or tuple(_bare_denials(there, elsewhere))
    if kept_out:
        return kept_out
    rest = (
        tuple(_silence(there, elsewhere))
        or (*_certificates(there, elsewhere), *_contents(there, elsewhere))
        or tuple(_other_verdict(there, elsewhere))
    )
    apart = tuple(_addresses_apart(there, elsewhere))
    if not there.addresses:
        return apart or rest
    return (*apart, *rest) if rest else ()


_Differences = Iterator[Difference]


def _ports(
    there: Sighting, elsewhere: Sighting
) -> Iterator[tuple[int, PortSighting, PortSighting]]:
    others = {port.port: port for port in elsewhere.ports}
    for at, port in enumerate(there.ports):
        if port.port in others and not _is_ours(port.stage, others[port.port].stage):
            yield at, port, others[port.port]


def _paths(
    there: Sighting, elsewhere: Sighting
) -> Iterator[tuple[int, PathSighting, PathSighting]]:
    others = {path.path: path for path in elsewhere.paths}
    for at, path in enumerate(there.paths):
        if path.path in others and not _is_ours(path.stage, others[path.path].stage):
            yield at, path, others[path.path]


def _is_ours(*stages: Stage) -> bool:
    """Tell whether one was not carried out for a reason of ours, so that it shows nothing."""
    return any(stage.owner is Owner.OURS for stage in stages)


def _legal_blocks(there: Sighting, elsewhere: Sighting) -> _Differences:
    for at, path, other in _paths(there, elsewhere):
        if path.status == _UNAVAILABLE_FOR_LEGAL_REASONS != other.status:
            yield _status_differs(Disagreement.GEO_BLOCKED, at, path, other)


def _named_walls(there: Sighting, elsewhere: Sighting) -> _Differences:
    if there.reach >= elsewhere.reach:
        return
    for at, code in enumerate(there.reasons):
        if code in _WALLS and code not in elsewhere.reasons:
            yield Difference(
                disagreement=Disagreement.WAF_BY_REGION,
                field=f"analysis.reasons[{at}].code",
                value=code,
                elsewhere=", ".join(elsewhere.reasons),
            )


def _bare_denials(there: Sighting, elsewhere: Sighting) -> _Differences:
    for at, path, other in _paths(there, elsewhere):
        if path.status == _FORBIDDEN and is_served(other):
            yield _status_differs(Disagreement.WAF_BY_REGION, at, path, other)


def is_served(path: PathSighting) -> bool:
    """Tell whether a path answered, and not with an error."""
    return path.status is not None and path.status < _FIRST_ERROR


def _silence(there: Sighting, elsewhere: Sighting) -> _Differences:
    for at, port, open_port in _ports(there, elsewhere):
        if port.stage.owner is not None and open_port.stage.owner is None:
            yield Difference(
                disagreement=Disagreement.REGIONAL_OUTAGE,
                field=f"ports[{at}].tcp_outcome",
                value=port.stage.code,
                elsewhere=open_port.stage.code,
            )
    for at, path, other in _paths(there, elsewhere):
        if _is_down(path) and not _is_down(other):
            yield _status_differs(Disagreement.REGIONAL_OUTAGE, at, path, other)


def _is_down(path: PathSighting) -> bool:
    return path.status is None or path.status in _SERVER_ERRORS


def _status_differs(
    disagreement: Disagreement, at: int, path: PathSighting, other: PathSighting
) -> Difference:
    """Return the difference of two statuses; of no answer the code of its outcome is told."""
    return Difference(
        disagreement=disagreement,
        field=f"paths[{at}].outcome" if path.status is None else f"paths[{at}].status_code",
        value=path.stage.code if path.status is None else str(path.status),
        elsewhere=other.stage.code if other.status is None else str(other.status),
    )


def _addresses_apart(there: Sighting, elsewhere: Sighting) -> _Differences:
    if not elsewhere.addresses or there.addresses & elsewhere.addresses:
        return
    is_answered = bool(there.addresses)
    yield Difference(
        disagreement=Disagreement.DNS_SPLIT,
        field="dns.addresses" if is_answered else "dns.outcome",
        value=", ".join(sorted(there.addresses)) if is_answered else there.dns.code,
        elsewhere=", ".join(sorted(elsewhere.addresses)),
    )


def _certificates(there: Sighting, elsewhere: Sighting) -> _Differences:
    for at, port, other in _ports(there, elsewhere):
        if port.certificate_valid is None or other.certificate_valid is None:
            continue
        if certificate_identity(port) != certificate_identity(other):
            yield Difference(
                disagreement=Disagreement.CERT_DIFFERS,
                field=f"ports[{at}].tls.chain[0]",
                value=_described(port),
                elsewhere=_described(other),
            )


def certificate_identity(port: PortSighting) -> tuple[bool | None, str, str, str]:
    """Return what makes a certificate another one.

    Of a good one that is neither its number nor by which intermediate its authority signed it.
    """
    valid, issuer, number = port.certificate_valid, port.certificate_issuer, port.certificate_sha256
    if valid:
        organisation = _ORGANISATION.search(issuer)
        issuer, number = organisation[1] if organisation else issuer, ""
    return valid, port.certificate_subject, issuer, number


def _described(port: PortSighting) -> str:
    trust = "valid" if port.certificate_valid else "not valid"
    return (
        f"{trust}, {port.certificate_subject} by {port.certificate_issuer}, "
        f"sha256 {port.certificate_sha256}"
    )


def _contents(there: Sighting, elsewhere: Sighting) -> _Differences:
    for at, path, other in _paths(there, elsewhere):
        if path.status != other.status:
            yield _status_differs(Disagreement.CONTENT_DIFFERS, at, path, other)
            continue
        for name in _members_apart(path, other):
            yield Difference(
                disagreement=Disagreement.CONTENT_DIFFERS,
                field=f"paths[{at}].{_FIELD[name]}",
                value=getattr(path, name),
                elsewhere=getattr(other, name),
            )


def _members_apart(path: PathSighting, other: PathSighting) -> Iterator[str]:
    """Yield in what two answers of one status differ; the same words may lead to two places."""
    if destination(path.location) != destination(other.location):
        yield "location"
    if path.body_sha256 and path.body_sha256 == other.body_sha256:
        return
    for name in ("media_type", "title"):
        if getattr(path, name) != getattr(other, name):
            yield name


def destination(location: str) -> tuple[str, tuple[str, ...]]:
    """Return where a redirect leads, and the names in its query in the order of the alphabet."""
    place, _, query = location.partition("#")[0].partition("?")
    return place, tuple(sorted(pair.partition("=")[0] for pair in query.split("&")))


def _other_verdict(there: Sighting, elsewhere: Sighting) -> _Differences:
    """Tell of a verdict that differs although no fact that is compared does."""
    if there.reach is not elsewhere.reach:
        yield Difference(
            disagreement=Disagreement.CONTENT_DIFFERS,
            field="analysis.reasons",
            value=", ".join(there.reasons),
            elsewhere=", ".join(elsewhere.reasons),
        )
