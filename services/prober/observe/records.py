"""Asks for the records of a name beside its addresses: CAA, MX, NS, SPF and DMARC.

Law: the configured resolver is asked and nobody else; each kind ends by itself and in time, and
what it ends with changes nothing of the check but its own facts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from outscope.netguard.resolve import RecordType, Resolver, UnusableName
from services.prober.facts import DnsRecords, Outcome, OutcomeCode
from services.prober.observe.dmarc import governing, names_above
from services.prober.observe.dns import CODES
from services.prober.observe.record_text import (
    caa_values,
    dmarc_values,
    mx_values,
    ns_values,
    spf_values,
)

# The resolver told that there is no such record: another name may have it.
ABSENT: Final = frozenset({OutcomeCode.DNS_NXDOMAIN, OutcomeCode.DNS_NO_DATA})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One kind of records: what it is called, what is asked for, and which text it is."""

    name: str
    type: RecordType
    values: Callable[[Iterable[bytes]], tuple[str, ...]]


_CAA: Final = _Kind(name="caa", type=RecordType.CAA, values=caa_values)
_MX: Final = _Kind(name="mx", type=RecordType.MX, values=mx_values)
_NS: Final = _Kind(name="ns", type=RecordType.NS, values=ns_values)
_SPF: Final = _Kind(name="spf", type=RecordType.TXT, values=spf_values)
_DMARC: Final = _Kind(name="dmarc", type=RecordType.TXT, values=dmarc_values)


async def observe_records(fqdn: str, resolver: Resolver, *, until: float) -> tuple[DnsRecords, ...]:
    """Return the records of every kind, asked for at once until a moment of the loop's clock."""
    search = _Search(resolver, until)
    return tuple(
        await asyncio.gather(
            _timed(search.inherited(_CAA, fqdn)),
            _timed(search.at(_MX, fqdn)),
            _timed(search.inherited(_NS, fqdn)),
            _timed(search.at(_SPF, fqdn)),
            _timed(search.policy(fqdn)),
        )
    )


async def _timed(search: Awaitable[DnsRecords]) -> DnsRecords:
    """Note how long the whole search took, however many names it came to."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    found = await search
    duration_ms = round((loop.time() - started) * 1000)
    return replace(found, outcome=replace(found.outcome, duration_ms=duration_ms))


class _Search:
    """Where to ask, and until when."""

    def __init__(self, resolver: Resolver, until: float) -> None:
        self._resolver = resolver
        self._until = until

    async def at(self, kind: _Kind, name: str) -> DnsRecords:
        """Return the records of a kind at exactly this name."""
        try:
            found = await self._resolver.records(name, kind.type, until=self._until)
        except UnusableName:  # longer than any name that exists
            return _without(kind, name, OutcomeCode.DNS_NXDOMAIN)
        if kind is _NS and found.is_alias:  # no zone begins there: its target's is another one
            return _without(kind, name, OutcomeCode.DNS_NO_DATA)
        code = CODES[found.status]
        values = kind.values(found.contents)
        if code is OutcomeCode.OK and not values:  # texts, and none of this kind
            code = OutcomeCode.DNS_NO_DATA
        if code is not OutcomeCode.OK:
            return _without(kind, name, code)
        return DnsRecords(
            kind=kind.name, name=name, outcome=Outcome(code=code), values=values, ttl_s=found.ttl_s
        )

    async def inherited(self, kind: _Kind, fqdn: str) -> DnsRecords:
        """Return the records of the nearest name that has any, from this one up.

        So a CAA applies (RFC 8659, section 3), and so the NS of the enclosing zone are found. When
        no name has any, how it ended at the first is what is told. Of a name with more than eight
        labels the ones in the middle are passed over, as for DMARC: it may have 120, and zones
        begin near the top.
        """
        first = None
        for name in (fqdn, *names_above(fqdn)):
            found = await self.at(kind, name)
            if found.outcome.code not in ABSENT:
                return found
            first = first or found
        return first or _without(kind, fqdn, OutcomeCode.DNS_NO_DATA)

    async def policy(self, fqdn: str) -> DnsRecords:
        """Return the DMARC record that applies to a name: its own, or the one above it."""
        own = await self.at(_DMARC, _policy_name(fqdn))
        if own.outcome.code not in ABSENT:
            return own
        above = await asyncio.gather(
            *(self.at(_DMARC, _policy_name(name)) for name in names_above(fqdn))
        )
        return governing(above) or own


def _without(kind: _Kind, name: str, code: OutcomeCode) -> DnsRecords:
    return DnsRecords(kind=kind.name, name=name, outcome=Outcome(code=code))


def _policy_name(name: str) -> str:
    return f"_dmarc.{name}"
