"""Writes DNS queries for addresses and reads their responses (RFC 1035): pure, no I/O.

A response is read once from front to back. Names are kept as lower-case wire bytes, so that no
label can pretend to be two; compression pointers must point backwards, and all the labels read for
one response are counted, so that a hostile one costs no more than a large honest one.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct
from typing import Final

MAX_NAME_BYTES: Final = 255
MAX_LABEL_BYTES: Final = 63
HEADER_BYTES: Final = 12
_MAX_LABELS_READ: Final = 4096  # per response, by decompression; an honest one needs a few dozen

_CLASS_IN: Final = 1
_HEADER: Final = Struct("!HHHHHH")
_RECORD: Final = Struct("!HHIH")
_RECURSION_DESIRED: Final = 0x0100
_AUTHENTIC_DATA: Final = 0x0020  # in a query: tell me whether you validated (RFC 6840, section 5.7)
_TRUNCATED: Final = 0x0200
_RESPONSE: Final = 0x8000
_OPCODE: Final = 0x7800
_RCODE: Final = 0x000F
_POINTER: Final = 0xC0
_FORWARDS: Final = "a compression pointer does not point backwards"
_POINTER_TO_QUESTION: Final = b"\xc0\x0c"


class RecordType(IntEnum):
    """The record types this module reads."""

    A = 1
    CNAME = 5
    SOA = 6
    AAAA = 28


_A: Final = int(RecordType.A)
_CNAME: Final = int(RecordType.CNAME)
_SOA: Final = int(RecordType.SOA)
_ADDRESS_BYTES: Final = {_A: 4, int(RecordType.AAAA): 16}


class ReturnCode(IntEnum):
    """The response codes we tell apart (RFC 1035, section 4.1.1)."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5


class MalformedMessage(Exception):  # noqa: N818 - says what the message is
    """The bytes are not a DNS message, or one made to cost too much."""


class UnusableName(ValueError):  # noqa: N818 - says what the name is
    """The text cannot be written as a DNS name."""


@dataclass(slots=True, kw_only=True)
class Response:
    """What one response says about its question."""

    rcode: int
    truncated: bool
    authentic: bool
    addresses: dict[bytes, list[bytes]] = field(default_factory=dict)  # owner -> packed addresses
    aliases: dict[bytes, bytes] = field(default_factory=dict)  # owner -> target
    ttls: dict[bytes, int] = field(default_factory=dict)  # owner -> smallest of its records, s
    has_soa: bool = False  # the negative answer is complete (RFC 2308)


def wire_name(name: str) -> bytes:
    """Return the lower-case wire form of a host name in A-labels, one trailing dot dropped."""
    try:
        labels = name.removesuffix(".").lower().encode("ascii").split(b".")
    except UnicodeEncodeError as error:
        raise UnusableName(f"{name!r} is not in ASCII") from error
    if not all(0 < len(label) <= MAX_LABEL_BYTES for label in labels):
        raise UnusableName(f"{name!r} has a label that is empty or over 63 bytes")
    wire = b"".join(len(label).to_bytes() + label for label in labels) + b"\0"
    if len(wire) > MAX_NAME_BYTES:
        raise UnusableName(f"{name!r} is over 255 bytes")
    return wire


def text_name(wire: bytes) -> str:
    """Return the text form of a wire name, what no host name has escaped as in zone files."""
    labels = []
    offset = 0
    while length := wire[offset]:
        labels.append("".join(map(_escaped, wire[offset + 1 : offset + 1 + length])))
        offset += 1 + length
    return ".".join(labels) or "."


def _escaped(byte: int) -> str:
    character = chr(byte)
    if character in '.\\"();@$':
        return "\\" + character
    return character if 0x20 < byte < 0x7F else f"\\{byte:03d}"  # noqa: PLR2004 - printable ASCII


def question_for(name: bytes, record_type: RecordType) -> bytes:
    """Return the question section for a wire name."""
    return b"%b\0%c\0%c" % (name, record_type, _CLASS_IN)


def query_for(message_id: int, question: bytes) -> bytes:
    """Return a query that asks for recursion."""
    return _HEADER.pack(message_id, _RECURSION_DESIRED | _AUTHENTIC_DATA, 1, 0, 0, 0) + question


def message_id_of(message: bytes) -> int | None:
    """Return the id of a response, or None when the bytes are too short or not a response."""
    if len(message) < HEADER_BYTES or not message[2] & _RESPONSE >> 8:
        return None
    return message[0] << 8 | message[1]


def answers_question(message: bytes, question: bytes) -> bool:
    """Tell whether a message repeats exactly this question, letter case aside.

    A bare header with an error in it counts too: so some resolvers refuse.
    """
    if len(message) == HEADER_BYTES:
        return bool(message[3] & _RCODE)
    echoed = message[HEADER_BYTES : HEADER_BYTES + len(question)]
    return message[4:6] == b"\0\1" and (echoed == question or echoed.lower() == question.lower())


def response_of(message: bytes, question: bytes) -> Response:
    """Read a response whose question is known to match; raises MalformedMessage."""
    return _Reader(message, question).response()


class _Reader:
    """One pass over one message."""

    def __init__(self, message: bytes, question: bytes) -> None:
        self._message = message
        self._name = question[:-4]
        self._type = question[-3]
        self._offset = HEADER_BYTES + len(question)
        self._names: dict[int, bytes] = {}
        self._labels_left = _MAX_LABELS_READ

    def response(self) -> Response:
        _, flags, _, answers, authorities, _ = _HEADER.unpack_from(self._message)
        if flags & _OPCODE:
            raise MalformedMessage("not a standard query's response")
        response = Response(
            rcode=flags & _RCODE,
            truncated=bool(flags & _TRUNCATED),
            authentic=bool(flags & _AUTHENTIC_DATA),
        )
        if not response.truncated:  # what is cut off is asked again over TCP, and read there
            self._read_answers(answers, response)
            if not response.addresses:
                self._read_authorities(authorities, response)
        return response

    def _read_answers(self, count: int, response: Response) -> None:
        for _ in range(count):
            owner, record_type, ttl_s, start, end = self._record()
            if record_type == self._type:
                if end - start != _ADDRESS_BYTES[record_type]:
                    raise MalformedMessage("an address of the wrong length")
                response.addresses.setdefault(owner, []).append(self._message[start:end])
            elif record_type == _CNAME:
                target, target_end = self._name_at(start)
                if target_end != end:
                    raise MalformedMessage("an alias that does not fill its record")
                response.aliases.setdefault(owner, target)
            else:
                continue
            response.ttls[owner] = min(ttl_s, response.ttls.get(owner, ttl_s))

    def _read_authorities(self, count: int, response: Response) -> None:
        for _ in range(count):
            _, record_type, _, _, _ = self._record()
            if record_type == _SOA:
                response.has_soa = True
                return

    def _record(self) -> tuple[bytes, int, int, int, int]:
        """Read a record: owner, type (0 when not of the Internet), TTL, where its data lies."""
        message = self._message
        offset = self._offset
        if message[offset : offset + 2] == _POINTER_TO_QUESTION:
            owner, offset = self._name, offset + 2
        else:
            owner, offset = self._name_at(offset)
        start = offset + _RECORD.size
        if start > len(message):
            raise MalformedMessage("a record is cut off")
        record_type, record_class, ttl_s, length = _RECORD.unpack_from(message, offset)
        end = start + length
        if end > len(message):
            raise MalformedMessage("a record's data is cut off")
        self._offset = end
        if ttl_s >> 31:  # RFC 2181, section 8
            ttl_s = 0
        return owner, record_type if record_class == _CLASS_IN else 0, ttl_s, start, end

    def _name_at(self, start: int) -> tuple[bytes, int]:
        """Return the name that begins at an offset, decompressed, and the offset after it."""
        pointer = self._message[start : start + 2]
        if len(pointer) < 2 or pointer[0] < _POINTER:  # noqa: PLR2004 - the bytes of a pointer
            return self._decompressed(start)
        target = (pointer[0] & ~_POINTER) << 8 | pointer[1]
        if target >= start:
            raise MalformedMessage(_FORWARDS)
        name = self._names.get(target)
        if name is None:  # many records of one owner point at one place
            name = self._names[target] = self._decompressed(target)[0]
        return name, start + 2

    def _decompressed(self, start: int) -> tuple[bytes, int]:
        message = self._message
        parts: list[bytes] = []
        size = 1
        offset = lowest = start
        after = -1
        try:
            while length := message[offset]:
                self._labels_left -= 1
                if self._labels_left < 0:
                    raise MalformedMessage("too many labels")
                if length < _POINTER:
                    size += 1 + length
                    if length > MAX_LABEL_BYTES or size > MAX_NAME_BYTES:
                        raise MalformedMessage("a name or label is too long")
                    parts.append(message[offset : offset + 1 + length])
                    offset += 1 + length
                    continue
                target = (length & ~_POINTER) << 8 | message[offset + 1]
                if after < 0:
                    after = offset + 2
                if target >= lowest:
                    raise MalformedMessage(_FORWARDS)
                offset = lowest = target
        except IndexError:
            raise MalformedMessage("a name is cut off") from None
        return b"".join(parts).lower() + b"\0", after if after >= 0 else offset + 1
