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
# Of zlib: the bits of its smallest and largest window, and how much memory goes with a window.
_LEAST_WINDOW: Final = 9
_MOST_WINDOW: Final = 15
_MOST_MEMORY: Final = 8


class UnreadableKeptError(Exception):
    """What was kept is cut off, or is something else; the text is what follows its name."""


def packed(facts: messages_pb2.KeptFacts) -> bytes:
    """Return the facts compressed (RFC 1950).

    With a window no larger than they are: to clear the usual quarter of a MiB takes half of the
    time for most, and what comes of it is as short.
    """
    raw = facts.SerializeToString()
    window = max(_LEAST_WINDOW, min(_MOST_WINDOW, len(raw).bit_length()))
    memory = min(_MOST_MEMORY, window - _LEAST_WINDOW + 3)
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, window, memory)
    return packer.compress(raw) + packer.flush()


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
