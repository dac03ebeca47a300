"""A DNS server that is no bottleneck: answers are made at start, one datagram costs a look-up.

Run as a process: `python -m bench.targets.dns HOST PORT COUNT`; it prints a line when it serves
COUNT names that answer and as many that never do.
"""

import socket
import struct
import sys
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Final

from bench.targets.names import silent_names, target_names

_HEADER_BYTES: Final = 12
_TYPE_A_IN: Final = b"\x00\x01\x00\x01"
_TYPE_AND_CLASS_BYTES: Final = 4
# Response, authoritative, recursion desired and available; no error, or no such name.
_NO_ERROR: Final = 0x8580
_NO_SUCH_NAME: Final = 0x8583
_TTL_S: Final = 60
_BUFFER_BYTES: Final = 4 * 1024 * 1024


class Answers:
    """The answer to every question about the names, ready to send."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._records = {_wire_name(name): _a_record(address) for name, address in names.items()}

    def reply(self, query: bytes) -> bytes:
        """Return the answer to a query of one question."""
        end = query.index(b"\x00", _HEADER_BYTES) + 1
        question = query[_HEADER_BYTES : end + _TYPE_AND_CLASS_BYTES]
        record = self._records.get(query[_HEADER_BYTES:end].lower())
        if record is None:
            return _header(query, _NO_SUCH_NAME, 0) + question
        if not question.endswith(_TYPE_A_IN):
            return _header(query, _NO_ERROR, 0) + question
        return _header(query, _NO_ERROR, 1) + question + record


def _header(query: bytes, flags: int, answers: int) -> bytes:
    return query[:2] + struct.pack("!5H", flags, 1, answers, 0, 0)


def _wire_name(name: str) -> bytes:
    labels = name.encode().split(b".")
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\x00"


def _a_record(address: str) -> bytes:
    pointer_to_question = b"\xc0\x0c"
    return (
        pointer_to_question
        + _TYPE_A_IN
        + struct.pack("!IH", _TTL_S, 4)
        + IPv4Address(address).packed
    )


def serve(host: str, port: int, count: int) -> None:
    """Answer until killed."""
    answers = Answers(target_names(count) | silent_names(count))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        sock.bind((host, port))
        print("ready", flush=True)
        while True:
            query, sender = sock.recvfrom(1232)
            sock.sendto(answers.reply(query), sender)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
