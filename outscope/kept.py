"""How the facts that a verdict was reached from are packed, to travel and to be stored.

Law: what is unpacked has its bound, whatever was packed.
"""

import zlib
from typing import Final

from google.protobuf.message import DecodeError

from outscope.v1 import messages_pb2

_MAX_BYTES: Final = 16 * 1024 * 1024
# Pages shrink to a fourth by it, at a tenth of what the default level takes.
_LEVEL: Final = 1


class UnreadableKeptError(Exception):
    """What was kept is cut off, or is something else; the text is what follows its name."""


def packed(facts: messages_pb2.KeptFacts) -> bytes:
    """Return the facts compressed (RFC 1950)."""
    return zlib.compress(facts.SerializeToString(), _LEVEL)


def unpacked(kept: bytes) -> messages_pb2.KeptFacts:
    """Return packed facts, or raise UnreadableKeptError."""
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(kept, _MAX_BYTES)
        if not unpacker.eof:
            raise UnreadableKeptError("is cut off")
        return messages_pb2.KeptFacts.FromString(raw)
    except (zlib.error, DecodeError) as error:
        raise UnreadableKeptError("cannot be read") from error
