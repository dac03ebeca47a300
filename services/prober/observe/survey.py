"""Finds out which addresses of a name take connections on a port, beside the visit of one of them.

Law: an address that is not visited gets no byte: it is connected to, judged by the network policy,
and let go at once; never twice for one port. Of a name with one address nothing is done here.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from outscope.netguard.dial import Exhausted
from services.prober.facts import AddressFacts, Outcome, OutcomeCode, PortFacts, TcpState
from services.prober.observe.tcp import Dialler, NotOpened, Opened, knock


class Survey:
    """What the addresses of one name answered, by port."""

    def __init__(self) -> None:
        self._answers: dict[tuple[int, str], AddressFacts] = {}
        self._knocks: dict[tuple[int, str], asyncio.Task[None]] = {}

    def note(self, port: int, tried: Opened | NotOpened) -> None:
        """Take what a visit met with at an address; the last of several counts."""
        state = tried.state if isinstance(tried, NotOpened) else TcpState.OPEN
        self._answers[port, tried.address] = AddressFacts(
            address=tried.address, state=state, outcome=tried.outcome
        )

    def begin(self, addresses: Iterable[str], dialler: Dialler) -> None:
        """Begin to try those addresses that no visit has tried, all at once."""
        unnoted = replace(dialler, note=None)
        for address in addresses:
            place = (dialler.port, address)
            if place not in self._answers and place not in self._knocks:
                self._knocks[place] = asyncio.ensure_future(self._knock(address, unnoted))

    @property
    def is_going_on(self) -> bool:
        """Tell whether an answer is still awaited."""
        return not all(knocking.done() for knocking in self._knocks.values())

    async def ended(self) -> None:
        """Wait for every answer; raises Denied."""
        if self._knocks:
            await asyncio.gather(*self._knocks.values())

    async def stop(self) -> None:
        """Await no further answer."""
        if self._knocks:
            for knocking in self._knocks.values():
                knocking.cancel()
            await asyncio.gather(*self._knocks.values(), return_exceptions=True)

    def answer(self, port: PortFacts, address: str) -> AddressFacts:
        """Return what an address answered; the port's own facts tell it of the one they are from.

        What was never to be dialled is an IPv6 address where we have no IPv6.
        """
        if address == port.address:
            return AddressFacts(address=address, state=port.state, outcome=port.tcp_outcome)
        known = self._answers.get((port.port, address))
        return known or _untried(address, OutcomeCode.TCP_NO_IPV6)

    async def _knock(self, address: str, dialler: Dialler) -> None:
        try:
            facts = await knock(address, dialler)
        except Exhausted:
            # The visit has its facts; they are not thrown away for the sake of these.
            facts = _untried(address, OutcomeCode.INTERNAL)
        self._answers.setdefault((dialler.port, address), facts)


def _untried(address: str, code: OutcomeCode) -> AddressFacts:
    return AddressFacts(address=address, state=TcpState.NOT_TRIED, outcome=Outcome(code=code))
