"""What one vantage point saw of a target, as far as vantage points are compared by it.

Law: a probe that failed has no sighting, so it can neither be counted nor be compared.
"""

from dataclasses import dataclass
from enum import IntEnum

from services.scheduler.domain.check import Owner


class Reach(IntEnum):
    """How near to the application a vantage point came; each includes those before it."""

    NOTHING = 0
    # A port accepted a connection.
    PORT = 1
    # A port answered HTTP, and the application is not analyzable.
    HTTP = 2
    # A port answered HTTP, and the facts leave open whether the application is analyzable.
    UNDECIDED = 3
    ANALYZABLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How one stage ended: a code of docs/outcomes.md, and who has to act; nobody when it is ok."""

    code: str
    owner: Owner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSighting:
    """What one port answered; certificate members are empty without TLS."""

    port: int
    stage: Stage
    # None without TLS.
    certificate_valid: bool | None = None
    # RFC 4514 text, both.
    certificate_subject: str = ""
    certificate_issuer: str = ""
    certificate_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSighting:
    """What one path answered; status is None when no answer came."""

    path: str
    stage: Stage
    status: int | None = None
    # Without parameters, in lower case; empty when none was sent.
    media_type: str = ""
    title: str = ""
    # The Location of a redirect, as sent.
    location: str = ""
    # SHA-256 of the body, lower-case hexadecimal; empty without one.
    body_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one vantage point saw: its verdict, and the facts that are compared."""

    vantage_point: str
    reachable: bool
    speaks_http: bool
    # analyzable, not_analyzable or unknown.
    analyzability: str
    kind: str
    # The codes of the reasons, the one that decided first.
    reasons: tuple[str, ...] = ()
    dns: Stage
    # IPv4 and IPv6, as text.
    addresses: frozenset[str] = frozenset()
    ports: tuple[PortSighting, ...] = ()
    paths: tuple[PathSighting, ...] = ()

    @property
    def reach(self) -> Reach:
        """Return how near to the application it came."""
        if not self.reachable:
            return Reach.NOTHING
        if not self.speaks_http:
            return Reach.PORT
        levels = {"analyzable": Reach.ANALYZABLE, "unknown": Reach.UNDECIDED}
        return levels.get(self.analyzability, Reach.HTTP)

    @property
    def hindrance(self) -> tuple[str, str] | None:
        """Return the field and the code of what we ourselves failed at; None when nothing did.

        Whoever found the application all the same was not hindered. Who got no address because the
        resolver did not do its part was: nobody asked the target, so nothing tells of it.
        """
        if self.reach is Reach.ANALYZABLE:
            return None
        if self.dns.owner is Owner.RESOLVER and not self.addresses:
            return "dns.outcome", self.dns.code
        stages = [("dns.outcome", self.dns)]
        stages += [(f"ports[{at}].tcp_outcome", port.stage) for at, port in enumerate(self.ports)]
        stages += [(f"paths[{at}].outcome", path.stage) for at, path in enumerate(self.paths)]
        return next(
            ((field, stage.code) for field, stage in stages if stage.owner is Owner.OURS), None
        )
