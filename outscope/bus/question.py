"""Questions over the bus that one of several services answers; nothing of it is stored."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from outscope.bus.publish import BusUnavailable
from outscope.lifecycle import end_task
from outscope.telemetry.logs import logger

log = logger(__name__)

Answerer = Callable[[bytes], Awaitable[bytes]]


async def ask(client: Client, subject: str, payload: bytes, *, timeout_s: float) -> bytes:
    """Return the answer, or raise BusUnavailable when nobody gives one in time."""
    try:
        reply = await client.request(subject, payload, timeout=timeout_s)
    except (NatsError, TimeoutError, OSError) as error:
        raise BusUnavailable(f"{subject}: {error!r}") from error
    return reply.data


@asynccontextmanager
async def answering(
    client: Client, subject: str, group: str, answer: Answerer
) -> AsyncIterator[None]:
    """Answer while the context is open, side by side; of a group one member gets each question."""
    running: set[asyncio.Task[None]] = set()

    async def respond(message: Msg) -> None:
        try:
            await message.respond(await answer(message.data))
        except NatsError as error:
            log.warning("answer not sent", subject=subject, cause=repr(error))
        except Exception as error:  # noqa: BLE001 - a defect in one answer must not end the others
            log.error("no answer", subject=subject, exception=error)  # noqa: TRY400 - with fields

    async def take(message: Msg) -> None:
        task = asyncio.create_task(respond(message), name=f"answer {subject}")
        running.add(task)
        task.add_done_callback(running.discard)

    subscribed = await client.subscribe(subject, queue=group, cb=take)
    await client.flush()
    try:
        yield
    finally:
        if client.is_connected:
            await subscribed.unsubscribe()
        await asyncio.gather(*map(end_task, tuple(running)))
