"""Reads what streams hold, and changes nothing: no stream is made, no message taken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from outscope.bus.client import bus_client
from outscope.bus.publish import BusUnavailable
from outscope.certificates import Certificates

_CONNECT_TIMEOUT_S: Final = 5.0
_API_TIMEOUT_S: Final = 5.0
# Each reads a part of a stream, one message after the other.
_READERS: Final = 8
_ANY_SUBJECT: Final = ">"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message that a stream holds."""

    sequence: int
    payload: bytes


class StreamReader:
    """Reads streams."""

    def __init__(self, client: Client) -> None:
        self._jetstream = JetStreamContext(client, timeout=_API_TIMEOUT_S)

    async def messages(self, stream: str) -> list[StoredMessage]:
        """Return what a stream holds, oldest first; raises BusUnavailable.

        A stream that does not exist holds nothing.
        """
        try:
            state = (await self._jetstream.stream_info(stream)).state
            if not state.messages:
                return []
            step = -(-(state.last_seq - state.first_seq + 1) // _READERS)
            parts = await asyncio.gather(
                *(
                    self._part(stream, first, min(first + step - 1, state.last_seq))
                    for first in range(state.first_seq, state.last_seq + 1, step)
                )
            )
        except NotFoundError:
            return []
        except (NatsError, TimeoutError) as error:
            raise BusUnavailable(f"stream {stream}: {error!r}") from error
        return [message for part in parts for message in part]

    async def _part(self, stream: str, first: int, last: int) -> list[StoredMessage]:
        found: list[StoredMessage] = []
        while first <= last:
            try:
                stored = await self._jetstream.get_msg(
                    stream, seq=first, subject=_ANY_SUBJECT, next=True
                )
            except NotFoundError:
                break
            sequence = int(stored.seq or 0)
            if sequence > last:
                break
            found.append(StoredMessage(sequence=sequence, payload=stored.data or b""))
            first = sequence + 1
        return found


@asynccontextmanager
async def reading_streams(
    url: str, name: str, *, certificates: Certificates | None = None
) -> AsyncIterator[StreamReader]:
    """Connect within seconds, or raise BusUnavailable; nothing is connected again."""
    client = bus_client(certificates)
    try:
        # The client itself would go on trying for as many seconds as it has tries.
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            await client.connect(url, name=name, allow_reconnect=False, error_cb=_leave_to_caller)
    except (NatsError, OSError, TimeoutError) as error:
        await client.close()
        raise BusUnavailable(f"NATS does not answer: {error!r}") from error
    try:
        yield StreamReader(client)
    finally:
        await client.close()


async def _leave_to_caller(_: Exception) -> None:
    """Say nothing: whoever asks is told by what it asks for."""
