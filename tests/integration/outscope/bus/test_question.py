"""Questions over the bus: one of a group answers each, and silence is told."""

import asyncio
import secrets

import pytest

from outscope.bus.connect import connect_bus
from outscope.bus.publish import BusUnavailable


def a_subject() -> str:
    return f"question-{secrets.token_hex(4)}"


async def test_one_of_a_group_answers_each_question(nats_url: str) -> None:
    subject, taken = a_subject(), {"first": 0, "second": 0}

    async def first(payload: bytes) -> bytes:
        taken["first"] += 1
        return payload.upper()

    async def second(payload: bytes) -> bytes:
        taken["second"] += 1
        return payload.upper()

    async with (
        connect_bus(nats_url, "a") as one,
        connect_bus(nats_url, "b") as other,
        connect_bus(nats_url, "c") as asker,
        one.answering(subject, "group", first),
        other.answering(subject, "group", second),
    ):
        questions = [f"q{number}".encode() for number in range(50)]
        answers = await asyncio.gather(
            *(asker.ask(subject, question, timeout_s=5) for question in questions)
        )
    assert answers == [question.upper() for question in questions]
    assert sum(taken.values()) == 50
    assert all(taken.values())


async def test_a_slow_answer_does_not_hold_up_another(nats_url: str) -> None:
    subject, released = a_subject(), asyncio.Event()

    async def answer(payload: bytes) -> bytes:
        if payload == b"slow":
            await released.wait()
        return payload

    async with connect_bus(nats_url, "test") as bus, bus.answering(subject, "group", answer):
        slow = asyncio.create_task(bus.ask(subject, b"slow", timeout_s=10))
        assert await bus.ask(subject, b"quick", timeout_s=5) == b"quick"
        released.set()
        assert await slow == b"slow"


async def test_where_nobody_answers_that_is_told_at_once(nats_url: str) -> None:
    async with connect_bus(nats_url, "test") as bus, asyncio.timeout(5):
        with pytest.raises(BusUnavailable):
            await bus.ask(a_subject(), b"anybody?", timeout_s=60)


async def test_an_answer_that_fails_or_takes_too_long_is_no_answer(nats_url: str) -> None:
    subject = a_subject()

    async def answer(payload: bytes) -> bytes:
        if payload == b"fail":
            raise ValueError("a defect")
        await asyncio.Event().wait()
        return payload

    async with connect_bus(nats_url, "test") as bus, bus.answering(subject, "group", answer):
        for question in (b"fail", b"hang"):
            with pytest.raises(BusUnavailable):
                await bus.ask(subject, question, timeout_s=0.3)


async def test_a_bus_that_is_closed_answers_nothing(nats_url: str) -> None:
    async with connect_bus(nats_url, "test") as bus:
        pass
    with pytest.raises(BusUnavailable):
        await bus.ask(a_subject(), b"x", timeout_s=1)
