"""What callers that never pause count, and when they pause after all."""

import asyncio

from bench.caller import Reply
from bench.calling import Seen, call_for_a_while, rows_of


async def test_the_refused_are_told_apart_from_the_failed() -> None:
    statuses = iter([201, 503, 429, 500, 404])
    seen = Seen()
    for status in statuses:
        await seen.time(_replying(status))
    await seen.time(_breaking())
    assert (len(seen.latencies_s), seen.refused, seen.errors) == (1, 2, 3)


async def test_a_refused_caller_waits_for_as_long_as_it_is_told() -> None:
    calls: list[int] = []

    async def call(number: int) -> Reply:
        calls.append(number)
        return Reply(503, b"", retry_after_s=60)

    seen = await call_for_a_while(call, 3, 0.05)
    assert (sorted(calls), seen.refused) == ([0, 1, 2], 3)


async def test_each_caller_has_numbers_of_its_own() -> None:
    calls: list[int] = []

    async def call(number: int) -> Reply:
        calls.append(number)
        await asyncio.sleep(0.01)
        return Reply(200, b"")

    await call_for_a_while(call, 2, 0.05)
    assert len(set(calls)) == len(calls)
    assert {number % 2 for number in calls[:2]} == {0, 1}


def test_a_rate_stands_beside_that_of_its_yardstick() -> None:
    ours, bare = Seen([0.01] * 10, elapsed_s=1.0), Seen([0.001] * 100, elapsed_s=1.0)
    rows = {row.name: row for row in rows_of("x", ours, command="c", checks_a_call=5, peer=bare)}
    assert (rows["x_per_s"].value, rows["x_per_s"].ratio) == (50.0, 0.5)
    assert rows["x_p99_ms"].ratio == 10.0


async def _replying(status: int) -> Reply:
    return Reply(status, b"")


async def _breaking() -> Reply:
    raise ConnectionResetError
