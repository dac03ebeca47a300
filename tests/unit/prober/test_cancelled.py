import asyncio

import pytest

from services.prober.cancelled import Cancellations, CheckCancelled


async def work(cancellations: Cancellations, check_id: str, done: list[str]) -> None:
    async with cancellations.working_on(check_id):
        try:
            await asyncio.sleep(30)
        finally:
            done.append(check_id)


async def test_work_on_a_cancelled_check_is_stopped_and_no_other() -> None:
    cancellations = Cancellations()
    done: list[str] = []
    stopped = [asyncio.create_task(work(cancellations, "chk_1", done)) for _ in range(2)]
    other = asyncio.create_task(work(cancellations, "chk_2", done))
    await asyncio.sleep(0)
    cancellations.stop("chk_1")
    cancellations.stop("chk_1")
    async with asyncio.timeout(2):
        outcomes = await asyncio.gather(*stopped, return_exceptions=True)
    assert [type(each) for each in outcomes] == [CheckCancelled] * 2
    assert done == ["chk_1"] * 2
    assert not other.done()
    other.cancel()
    with pytest.raises(asyncio.CancelledError):
        await other
    assert not cancellations._working  # noqa: SLF001 - what must not grow


async def test_work_on_a_check_that_was_cancelled_before_does_not_begin() -> None:
    cancellations = Cancellations()
    cancellations.stop("chk_1")
    done: list[str] = []
    with pytest.raises(CheckCancelled):
        await work(cancellations, "chk_1", done)
    assert done == []


async def test_only_the_latest_are_remembered() -> None:
    cancellations = Cancellations(remembered=2)
    for check_id in ("chk_1", "chk_2", "chk_1", "chk_3"):
        cancellations.stop(check_id)
    async with cancellations.working_on("chk_2"):
        pass
    for check_id in ("chk_1", "chk_3"):
        with pytest.raises(CheckCancelled):
            await work(cancellations, check_id, [])


async def test_a_time_out_of_the_work_itself_is_not_a_cancellation() -> None:
    async def overrun() -> None:
        async with Cancellations().working_on("chk_1"), asyncio.timeout(0):
            await asyncio.sleep(5)

    with pytest.raises(TimeoutError):
        await overrun()


async def test_work_that_is_done_ends_as_it_does() -> None:
    cancellations = Cancellations()
    async with cancellations.working_on("chk_1"):
        done = True
    assert done
    cancellations.stop("chk_1")
