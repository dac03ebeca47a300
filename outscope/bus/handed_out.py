"""Tells how many messages a server has handed out in vain, and which of the others are worked on.

A message that was handed out as often as it may be, and of which nobody speaks any more, stays in
its stream and is handed out no more. The server says so once, by an advisory; here it is asked.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import Durable

_API_TIMEOUT_S: Final = 5.0
# $JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<consumer sequence>.<time>.<pending>
_SEQUENCE_TOKEN: Final = 5
_IN_PROGRESS: Final = b"+WPI"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOut:
    """What a durable has handed out."""

    # All messages up to this sequence of the stream were.
    up_to: int
    # How many of them are still in the stream, and with nobody.
    left_aside: int


NOTHING: Final = HandedOut(up_to=0, left_aside=0)


async def handed_out(client: Client, jetstream: JetStreamContext, durable: Durable) -> HandedOut:
    """Return what a durable has handed out; raises BusUnavailable.

    The numbers are asked for one after the other, and while messages come and go there may be a few
    more left aside than are told.
    """
    try:
        before = await jetstream.consumer_info(durable.stream, durable.name)
        stored = await _count(client, durable)
        after = await jetstream.consumer_info(durable.stream, durable.name)
    except NotFoundError:
        return NOTHING
    except (NatsError, TimeoutError) as error:
        raise BusUnavailable(repr(error)) from error
    accounted_for = max(
        (told.num_pending or 0) + (told.num_ack_pending or 0) for told in (before, after)
    )
    up_to = before.delivered.stream_seq if before.delivered is not None else 0
    return HandedOut(up_to=up_to, left_aside=max(0, stored - accounted_for))


async def _count(client: Client, durable: Durable) -> int:
    """Return how many messages of a durable's subject its stream holds."""
    asked = json.dumps({"subjects_filter": durable.subject}).encode()
    answer = await client.request(
        f"$JS.API.STREAM.INFO.{durable.stream}", asked, timeout=_API_TIMEOUT_S
    )
    subjects = json.loads(answer.data).get("state", {}).get("subjects") or {}
    return int(subjects.get(durable.subject, 0))


@asynccontextmanager
async def hearing_progress(client: Client, durable: Durable) -> AsyncIterator[set[int]]:
    """Yield the sequences of the messages that somebody says to be at work on, as they are told."""
    heard: set[int] = set()

    async def hear(word: Msg) -> None:
        if word.data == _IN_PROGRESS:
            heard.add(int(word.subject.split(".")[_SEQUENCE_TOKEN]))

    subscribed = await client.subscribe(f"$JS.ACK.{durable.stream}.{durable.name}.>", cb=hear)
    try:
        yield heard
    finally:
        if client.is_connected:
            await subscribed.unsubscribe()
