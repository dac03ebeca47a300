"""Asks one DNS question over TCP, for answers too long for a datagram (RFC 7766)."""

import asyncio
import secrets
from typing import Final

from outscope.netguard.wire import MalformedMessage, answers_question, message_id_of, query_for

_LENGTH_BYTES: Final = 2


async def ask_over_tcp(sockaddr: tuple[str, int], question: bytes, *, timeout_s: float) -> bytes:
    """Return the message that answers; raises OSError, TimeoutError or MalformedMessage."""
    message_id = secrets.randbits(16)
    query = query_for(message_id, question)
    async with asyncio.timeout(timeout_s):
        reader, writer = await asyncio.open_connection(*sockaddr)
        try:
            writer.write(len(query).to_bytes(_LENGTH_BYTES) + query)
            length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES))
            message = await reader.readexactly(length)
        except asyncio.IncompleteReadError as error:
            raise MalformedMessage("the resolver closed in mid-message") from error
        finally:
            writer.transport.abort()
    if message_id_of(message) != message_id or not answers_question(message, question):
        raise MalformedMessage("the message answers something else")
    return message
