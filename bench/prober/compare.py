"""Measures engine and whole prober beside peers and the limit, all of them in turns in one run.

The peers that cannot be told a resolver are made to ask the targets', two questions a host, where
that can be had. Where it cannot they are told addresses instead, and what two look-ups a host cost
is added to their time, as the limit makes them: nobody makes them for less.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Final

from bench.measurement import Measurement, compared
from bench.mode import Mode
from bench.prober import in_flight
from bench.prober.rate import Rate
from bench.prober.sides import Sides, sides
from bench.targets.serving import serving_targets

_COMMAND: Final = "make bench B=prober"
_MIB: Final = 1024 * 1024
_WITHOUT_RESOLVER: Final = frozenset({"curl", "blackbox", "nmap"})
_PAIRS: Final = (
    *(("engine", "curl"), ("engine", "blackbox"), ("engine", "yardstick"), ("engine", "nmap")),
    *(("whole", "blackbox"), ("whole", "curl")),
)
_SIDES: Final = MappingProxyType(
    {
        "engine": "look-ups, observing and judging in one process",
        "whole": "jobs and reports over NATS",
        "curl": "curl -Z makes no verdict",
        "blackbox": "blackbox makes no verdict, and is asked over HTTP",
        "nmap": "nmap reads certificate and title by scripts, and verifies nothing",
        "yardstick": "plain C on the same OpenSSL, no facts and no verdict",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The rounds of every side that was there, look-ups made equal."""

    rates: dict[str, list[Rate]]
    lookups_are_added: bool
    server: str
    # The peers without a resolver of ours that made look-ups of their own.
    looking_up: frozenset[str] = frozenset()

    def rows(self) -> Iterator[Measurement]:
        """Return the comparisons, then what each side takes for 1,000 hosts."""
        yield from (self._comparison(ours, theirs) for ours, theirs in _PAIRS)
        for side, rates in self.rates.items():
            yield Measurement(
                name=f"prober.{side}.cpu_s_per_1000",
                value=median(1000 / rate.per_core_second for rate in rates),
                unit="cpu-s/1000",
                command=_COMMAND,
                runs=len(rates),
                note=self._note(side),
            )
            yield Measurement(
                name=f"prober.{side}.peak_mib",
                value=max(rate.peak_bytes for rate in rates) / _MIB,
                unit="MiB",
                command=_COMMAND,
                runs=len(rates),
                note="the most that was resident at any time",
            )

    def _comparison(self, ours: str, theirs: str) -> Measurement:
        return compared(
            f"prober.{ours}.vs_{theirs}",
            *(
                [rate.per_core_second for rate in self.rates.get(side, ())]
                for side in (ours, theirs)
            ),
            unit="hosts/s/core",
            command=_COMMAND,
            note=f"targets by {self.server}; {_SIDES[ours]}; {self._note(theirs)}",
        )

    def _per_core_second(self, side: str) -> list[float]:
        return [rate.per_core_second for rate in self.rates.get(side, ())]

    def _note(self, side: str) -> str:
        if side not in self.rates:
            return "no C compiler here" if side == "yardstick" else f"no {side} here"
        if side not in _WITHOUT_RESOLVER:
            return _SIDES[side]
        if side in self.looking_up:
            return f"{_SIDES[side]}; it makes its own look-ups, two questions a host"
        if not self.lookups_are_added:
            return f"{_SIDES[side]}; it makes no look-ups, and none are added: no C compiler here"
        return f"{_SIDES[side]}; it makes no look-ups, two a host by the yardstick are added"


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return all comparisons of one run, and what many checks in flight do to one another."""
    async with serving_targets(mode.hosts, folder) as targets:
        known = list(targets.names)
        names = [known[number % len(known)] for number in range(mode.hosts_per_round)]
        async with sides(targets, names, folder) as ready:
            rates = await _in_turns(mode.rounds, ready)
        measured = Measured(
            rates=rates,
            lookups_are_added=ready.lookups is not None,
            server=targets.server,
            looking_up=ready.looking_up,
        )
    return [*measured.rows(), *await in_flight.measure(mode, folder)]


async def _in_turns(rounds: int, ready: Sides) -> dict[str, list[Rate]]:
    """Run the sides one after the other, so that what else the machine does meets them all."""
    rates: dict[str, list[Rate]] = {side: [] for side in ready.rounds}
    lacking = _WITHOUT_RESOLVER - ready.looking_up
    for _ in range(rounds):
        lookups = await ready.lookups() if ready.lookups is not None else None
        for side, run in ready.rounds.items():
            rate = await run()
            if lookups is not None and side in lacking:
                rate = with_lookups(rate, lookups)
            rates[side].append(rate)
    return rates


def with_lookups(rate: Rate, lookups: Rate) -> Rate:
    """Return what a side's hosts would have taken with look-ups that cost as much as these."""
    return replace(rate, cpu_s=rate.cpu_s + rate.hosts / lookups.per_core_second)
