"""A trace on its way over a real bus."""

import secrets

import pytest

from outscope.bus import subjects
from outscope.bus.connect import connect_bus
from outscope.bus.consume import Message
from outscope.bus.publish import Outgoing
from outscope.bus.traced import processing, processing_together
from outscope.telemetry.logs import bound_field
from outscope.telemetry.traceparent import carried, current_traceparent
from outscope.telemetry.tracing import Kind
from tests.spans import kept_spans

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def through_the_bus(nats_url: str, *traceparents: str | None) -> list[Message]:
    vantage = f"test-{secrets.token_hex(4)}"
    async with connect_bus(nats_url, "test") as bus:
        await bus.ensure_streams()
        for number, traceparent in enumerate(traceparents):
            outgoing = Outgoing(
                subject=subjects.jobs(vantage),
                payload=b"x",
                message_id=f"{vantage}-{number}",
                traceparent=traceparent,
            )
            assert await bus.publish_many([outgoing])
        async with bus.consumer(subjects.jobs_consumer(vantage)) as consumer:
            return await consumer.pull(len(traceparents), 5)


async def test_a_message_brings_the_trace_it_was_sent_for(nats_url: str) -> None:
    told, untold = await through_the_bus(nats_url, SENT, None)
    assert (told.traceparent, untold.traceparent) == (SENT, None)
    with processing(told):
        assert current_traceparent() == SENT
        assert bound_field("trace_id") == SENT.split("-")[1]


async def test_a_message_sent_in_a_trace_goes_with_it(nats_url: str) -> None:
    with carried(SENT):
        (message,) = await through_the_bus(nats_url, None)
    assert message.traceparent == SENT


async def test_sending_and_working_on_a_message_are_spans_one_below_the_other(
    nats_url: str,
) -> None:
    with kept_spans() as spans:
        (message,) = await through_the_bus(nats_url, SENT)
        with processing(message):
            pass
    sent, processed = spans
    assert (sent.name, sent.kind, sent.parent) == (
        *(f"publish {message.subject}", Kind.PRODUCER, SENT),
    )
    assert (processed.name, processed.kind, processed.parent) == (
        *(f"process {message.subject}", Kind.CONSUMER, sent.traceparent),
    )
    ids = {each.attributes["messaging.message.id"] for each in spans}
    assert ids == {message.message_id}


async def test_messages_worked_on_together_stay_each_in_its_own_trace(nats_url: str) -> None:
    messages = await through_the_bus(nats_url, SENT, OTHER)
    with kept_spans() as spans, pytest.raises(LookupError), processing_together(messages):
        raise LookupError
    assert [each.parent for each in spans] == [SENT, OTHER]
    assert {(each.error_type, each.ended_ago_s) for each in spans} == {("LookupError", 0.0)}
    with processing_together(messages):  # nothing is recorded now
        assert current_traceparent() is None
    assert len(spans) == 2
