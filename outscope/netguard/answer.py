"""What a look-up of a name's records can end with: facts, told apart by type."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from outscope.netguard.ranges import IPAddress
from outscope.quickly import quickly_made


class ResolveStatus(StrEnum):
    """How a look-up ended."""

    OK = "ok"
    NXDOMAIN = "nxdomain"  # the name does not exist
    NO_DATA = "no_data"  # the name exists and has no such record
    SERVFAIL = "servfail"  # the resolver tells that the name cannot be resolved
    REFUSED = "refused"  # the resolver would not answer us
    TIMEOUT = "timeout"
    MALFORMED = "malformed"  # the resolver answered, and not in DNS
    CNAME_LOOP = "cname_loop"  # the chain of aliases bites its tail or is over its limit
    UNREACHABLE = "unreachable"  # no resolver could be sent to


# What one status for the name is made of: the first of these that either record type has.
_PRECEDENCE: Final = (
    ResolveStatus.OK,
    ResolveStatus.CNAME_LOOP,
    ResolveStatus.NXDOMAIN,
    ResolveStatus.SERVFAIL,
    ResolveStatus.REFUSED,
    ResolveStatus.MALFORMED,
    ResolveStatus.TIMEOUT,
    ResolveStatus.UNREACHABLE,
    ResolveStatus.NO_DATA,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """Every address of one record type that was answered, and how its look-up ended."""

    status: ResolveStatus
    addresses: tuple[IPAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of one type at a name: each one's data on the wire, names decompressed."""

    status: ResolveStatus
    contents: tuple[bytes, ...] = ()  # in the order of the answer, each once
    ttl_s: int | None = None  # the smallest of all records used, aliases among them
    is_alias: bool = False  # the records, or the lack of them, are those of another name


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the resolvers said about one name.

    `cname_chain` holds the names followed, without the one asked for; `aliases` those followed for
    either record type, as the two may differ; `ttl_s` is the smallest of all records used; `server`
    is host:port of the resolver that answered, empty when none did.
    """

    status: ResolveStatus
    a: RecordSet
    aaaa: RecordSet
    cname_chain: tuple[str, ...]
    ttl_s: int | None
    server: str
    duration_ms: int
    aliases: tuple[str, ...] = ()
    authenticated: bool = False  # the resolver says it validated the answer with DNSSEC

    @property
    def addresses(self) -> tuple[IPAddress, ...]:
        """All addresses, IPv4 first."""
        return self.a.addresses + self.aaaa.addresses


def overall_status(a: ResolveStatus, aaaa: ResolveStatus) -> ResolveStatus:
    """Return the one status of a name whose A and AAAA look-ups ended so."""
    return next(status for status in _PRECEDENCE if status in (a, aaaa))
