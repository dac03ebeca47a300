"""Probers that are asked over a real bus what the rules say of facts kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from outscope.bus.connect import Bus, connect_bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JUDGE, PROBERS
from outscope.v1 import check_pb2, messages_pb2
from services.prober.check import Checked
from services.prober.facts import CheckSpec
from services.prober.kept import kept_facts
from services.prober.rejudge import reply_to, serve_judgements
from services.prober.report import result_report
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.http import HttpServer, response
from tests.unit.prober.reporting import JOB, OBSERVER


@asynccontextmanager
async def probers(nats_url: str, count: int) -> AsyncIterator[None]:
    """Answer as so many probers do."""
    async with AsyncExitStack() as stack:
        group = await stack.enter_async_context(asyncio.TaskGroup())
        serving = [
            group.create_task(
                serve_judgements(
                    await stack.enter_async_context(connect_bus(nats_url, f"prober-{number}"))
                )
            )
            for number in range(count)
        ]
        try:
            yield
        finally:
            for each in serving:
                each.cancel()


async def asked(bus: Bus, question: messages_pb2.JudgeRequest) -> messages_pb2.JudgeReply:
    async with asyncio.timeout(20):
        while True:
            try:
                answer = await bus.ask(JUDGE, question.SerializeToString(), timeout_s=10)
                return messages_pb2.JudgeReply.FromString(answer)
            except BusUnavailable:  # nobody answers yet
                await asyncio.sleep(0.02)


async def test_what_was_observed_is_judged_as_it_was_and_nobody_else_is_asked(
    nats_url: str, lab: Lab
) -> None:
    server = HttpServer({"/": response(401, b'{"error":"unauthorized"}')})
    port = await lab.serve(server)
    checked = await lab.runner().run(CheckSpec(fqdn=NAME, ports=(port,), paths=("/",)))
    assert isinstance(checked, Checked)
    seen = (server.connections, len(server.requests))
    lab.zone.clear()
    question = messages_pb2.JudgeRequest(
        spec=check_pb2.CheckSpec(fqdn=NAME, ports=[port], paths=["/"]),
        result=result_report(JOB, checked.facts, checked.verdict, OBSERVER).result,
        kept=kept_facts(checked.facts),
        explain=True,
    )
    async with connect_bus(nats_url, "test") as bus, probers(nats_url, 2):
        replies = await asyncio.gather(*(asked(bus, question) for _ in range(20)))
    assert {reply.SerializeToString() for reply in replies} == {replies[0].SerializeToString()}
    assert replies[0].analysis == question.result.analysis
    assert replies[0].rules
    assert (server.connections, len(server.requests)) == seen


async def test_a_question_is_answered_by_one_prober_only(nats_url: str) -> None:
    answered: Counter[int] = Counter()

    def answerer(number: int, bus: Bus, stack: AsyncExitStack) -> asyncio.Task[None]:
        async def answer(payload: bytes) -> bytes:
            answered[number] += 1
            return reply_to(payload).SerializeToString()

        return asyncio.ensure_future(
            stack.enter_async_context(bus.answering(JUDGE, PROBERS, answer))
        )

    async with AsyncExitStack() as stack:
        for number in range(3):
            bus = await stack.enter_async_context(connect_bus(nats_url, f"prober-{number}"))
            await answerer(number, bus, stack)
        async with connect_bus(nats_url, "test") as bus:
            for _ in range(30):
                assert (await asked(bus, messages_pb2.JudgeRequest())).problem
    assert answered.total() == 30
    assert len(answered) > 1


async def test_without_a_prober_nobody_answers(nats_url: str) -> None:
    async with connect_bus(nats_url, "test") as bus:
        with pytest.raises(BusUnavailable):
            await bus.ask(JUDGE, b"", timeout_s=2)
