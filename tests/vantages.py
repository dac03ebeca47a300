"""Sightings for tests of how vantage points are compared: a site that is well, and what befalls it.

Strategies draw what several vantage points may see of one target.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypedDict

from hypothesis import strategies as st
from typing_extensions import Unpack

from services.scheduler.domain.check import Owner
from services.scheduler.domain.sighting import PathSighting, PortSighting, Sighting, Stage

OK: Final = Stage(code="ok")
REFUSED: Final = Stage(code="tcp_refused", owner=Owner.TARGET)
FILTERED: Final = Stage(code="tcp_timeout", owner=Owner.NETWORK)
NO_ROUTE: Final = Stage(code="tcp_unreachable", owner=Owner.NETWORK)
NOT_ASKED: Final = Stage(code="http_not_asked", owner=Owner.OURS)
NO_ANSWER: Final = Stage(code="http_no_endpoint", owner=Owner.TARGET)
NO_RESOLVER: Final = Stage(code="dns_timeout", owner=Owner.RESOLVER)
NXDOMAIN: Final = Stage(code="dns_nxdomain", owner=Owner.TARGET)

PORT: Final = PortSighting(
    port=443,
    stage=OK,
    certificate_valid=True,
    certificate_subject="CN=site.example",
    certificate_issuer="CN=Authority",
    certificate_sha256="aa",
)
PATH: Final = PathSighting(
    path="/", stage=OK, status=200, media_type="text/html", title="Site", body_sha256="01"
)
WELL: Final = Sighting(
    vantage_point="eu-west-1",
    reachable=True,
    speaks_http=True,
    analyzability="analyzable",
    kind="website",
    reasons=("content_served",),
    dns=OK,
    addresses=frozenset({"192.0.2.1"}),
    ports=(PORT,),
    paths=(PATH,),
)


class Changed(TypedDict, total=False):
    """Members of a sighting that are other than usual."""

    speaks_http: bool
    analyzability: str
    kind: str
    reasons: tuple[str, ...]
    dns: Stage
    addresses: frozenset[str]
    ports: tuple[PortSighting, ...]
    paths: tuple[PathSighting, ...]


def well(vantage_point: str = "eu-west-1", **changed: Unpack[Changed]) -> Sighting:
    """Return what is seen of the site that is well, with some of it changed."""
    return replace(WELL, vantage_point=vantage_point, **changed)


def answered(vantage_point: str, status: int, reason: str, **changed: Unpack[Changed]) -> Sighting:
    """Return what is seen where the site answers with an error; reason is what decided."""
    path = replace(PATH, status=status, title="", body_sha256="02")
    seen = replace(
        WELL,
        vantage_point=vantage_point,
        analyzability="not_analyzable",
        kind="none",
        reasons=(reason,),
        paths=(path,),
    )
    return replace(seen, **changed)


def silent(vantage_point: str, stage: Stage = FILTERED, **changed: Unpack[Changed]) -> Sighting:
    """Return what is seen where no port accepts a connection."""
    seen = replace(
        WELL,
        vantage_point=vantage_point,
        reachable=False,
        speaks_http=False,
        analyzability="not_analyzable",
        kind="none",
        reasons=(stage.code,),
        ports=(PortSighting(port=443, stage=stage),),
        paths=(PathSighting(path="/", stage=NO_ANSWER),),
    )
    return replace(seen, **changed)


def hindered(vantage_point: str) -> Sighting:
    """Return what is seen where we did not ask in time."""
    left_out = PathSighting(path="/", stage=NOT_ASKED)
    return answered(vantage_point, 500, "check_cut_short", paths=(left_out,))


def unresolved(vantage_point: str) -> Sighting:
    """Return what is seen where the resolver does not answer."""
    return silent(vantage_point, ports=(), dns=NO_RESOLVER, addresses=frozenset())


KINDS_OF_SIGHT: Final[tuple[Callable[[str], Sighting], ...]] = (
    well,
    lambda name: well(name, kind="api"),
    lambda name: well(name, addresses=frozenset({"198.51.100.7"})),
    lambda name: answered(name, 451, "client_error"),
    lambda name: answered(name, 403, "denied_alike", analyzability="unknown"),
    lambda name: answered(name, 403, "challenge"),
    lambda name: answered(name, 503, "origin_error"),
    silent,
    lambda name: silent(name, NO_ROUTE),
    lambda name: silent(name, ports=(), dns=NXDOMAIN, addresses=frozenset()),
    hindered,
    unresolved,
)


@st.composite
def sightings(draw: st.DrawFn, *, at_least: int = 1) -> list[Sighting]:
    """Draw what up to 20 vantage points see, each under a name of its own."""
    kinds = draw(st.lists(st.sampled_from(KINDS_OF_SIGHT), min_size=at_least, max_size=20))
    return [kind(f"v-{at}") for at, kind in enumerate(kinds)]
