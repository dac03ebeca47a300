"""What comes over a real connection is told in its order, and only while there is memory."""

import asyncio

from services.prober.observe.gated import GatedConnection
from services.prober.observe.memory import Allowance, Memory, Stock
from tests.targets.hostile import closes_at_once, says
from tests.targets.serve import LOCALHOST, serve


class Noting(GatedConnection):
    """Notes what it is told."""

    def __init__(self, allowance: Allowance, deadline: float) -> None:
        super().__init__(allowance, deadline)
        self.told: list[str] = []

    def _begin(self) -> None:
        self.told.append("begun")
        if self._transport is not None:
            self._transport.write(b"x")  # the server waits for it

    def _take(self, received: bytes) -> None:
        self.told.append(received.decode())

    def _end_of_stream(self) -> None:
        self.told.append("ended")
        self.close()

    def _reset(self) -> None:
        self.told.append("reset")
        self.close()

    def _end_of_waiting(self) -> None:
        self.told.append("overdue")
        self.close()


def waiting_behind(memory: Memory) -> tuple[Allowance, Allowance]:
    """Return the allowance of a check that goes on, and one of a check that waits for it."""
    ahead, waiting = Allowance(memory), Allowance(memory)
    ahead.hold(1)
    waiting.hold(1)
    return ahead, waiting


def no_memory() -> Memory:
    return Memory(heads=Stock(own_bytes=0, shared_bytes=0), ahead=1)


async def connected(port: int, allowance: Allowance, *, within_s: float = 5.0) -> Noting:
    loop = asyncio.get_running_loop()
    _, noting = await loop.create_connection(
        lambda: Noting(allowance, loop.time() + within_s), LOCALHOST, port
    )
    return noting


async def test_what_is_said_is_told_and_then_the_end() -> None:
    async with serve(says(b"words")) as port:
        noting = await connected(port, Allowance())
        await asyncio.sleep(0.1)
    assert noting.told == ["begun", "words", "ended"]


async def test_nothing_is_begun_while_memory_is_waited_for_and_all_of_it_told_after() -> None:
    ahead, allowance = waiting_behind(no_memory())
    async with serve(says(b"words")) as port:
        noting = await connected(port, allowance)
        await asyncio.sleep(0.1)
        told_before = list(noting.told)
        ahead.close()
        await asyncio.sleep(0.1)
    assert not told_before
    assert noting.told == ["begun", "words", "ended"]


async def test_a_connection_that_ended_before_it_was_begun_is_not_begun() -> None:
    ahead, allowance = waiting_behind(no_memory())
    async with serve(closes_at_once) as port:
        noting = await connected(port, allowance)
        noting.eof_received()  # uvloop reads nothing while it is told not to
        ahead.close()
        await asyncio.sleep(0.1)
    assert noting.told == ["ended"]


async def test_a_check_without_memory_is_told_so_at_its_deadline_though_nothing_was_begun() -> None:
    _, allowance = waiting_behind(no_memory())
    async with serve(says(b"words")) as port:
        noting = await connected(port, allowance, within_s=0.1)
        await asyncio.sleep(0.2)
    assert noting.told == ["overdue"]


async def test_what_was_read_before_the_pause_took_hold_comes_before_the_end() -> None:
    ahead, allowance = waiting_behind(no_memory())
    noting = Noting(allowance, asyncio.get_running_loop().time() + 5)
    allowance.admit(noting)
    for piece in (b"one ", b"two"):
        noting.data_received(piece)
    noting.connection_lost(ConnectionResetError())
    assert not noting.told
    ahead.close()
    await asyncio.sleep(0)
    assert noting.told == ["one two", "reset"]


async def test_of_two_ends_the_first_is_told() -> None:
    ahead, allowance = waiting_behind(no_memory())
    noting = Noting(allowance, asyncio.get_running_loop().time() + 5)
    allowance.admit(noting)
    noting.eof_received()
    noting.connection_lost(ConnectionResetError())
    ahead.close()
    await asyncio.sleep(0)
    assert noting.told == ["ended"]


async def test_a_connection_that_was_closed_before_it_was_made_is_let_go_of() -> None:
    async with serve(says(b"words")) as port:
        loop = asyncio.get_running_loop()
        noting = Noting(Allowance(), loop.time() + 5)
        noting.close()
        await loop.create_connection(lambda: noting, LOCALHOST, port)
        await asyncio.sleep(0.05)
    assert not noting.told
