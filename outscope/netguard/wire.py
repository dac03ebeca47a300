"""Writes DNS queries and reads their responses (RFC 1035): pure, no I/O.

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
_MAX_NAMES_READ: Final = 256  # per response, in records that hold one; those after them are left

_CLASS_IN: Final = 1
_HEADER: Final = Struct("!HHHHHH")
_QUESTION: Final = Struct("!HH")
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
    NS = 2
    CNAME = 5
    SOA = 6
    MX = 15
    TXT = 16
    AAAA = 28
    CAA = 257


_A: Final = int(RecordType.A)
_NS: Final = int(RecordType.NS)
_MX: Final = int(RecordType.MX)
_TXT: Final = int(RecordType.TXT)
_CAA: Final = int(RecordType.CAA)
_CNAME: Final = int(RecordType.CNAME)
_SOA: Final = int(RecordType.SOA)
_PREFERENCE_BYTES: Final = 2
_CAA_HEAD_BYTES: Final = 2  # flags, and the length of the tag
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
    """What one response says about its question.

    `contents` are, by owner, the data of the records of the type that was asked: well-formed, and
    with the names in them decompressed.
    """

    rcode: int
    truncated: bool
    authentic: bool
    contents: dict[bytes, list[bytes]] = field(default_factory=dict)
    aliases: dict[bytes, bytes] = field(default_factory=dict)  # owner -> target
    ttls: dict[bytes, int] = field(default_factory=dict)  # owner -> smallest of its records, s
    has_soa: bool = False  # the negative answer is complete (RFC 2308)


def wire_name(name: str) -> bytes:
    """Return the lower-case wire form of a host name in A-labels, one trailing dot dropped."""
    try:
        labels = name.removesuffix(".").lower().encode("ascii").split(b".")
    except UnicodeEncodeError as error:
        raise UnusableName(f"{name!r} is not in ASCII") from error
    wire = b""
    for label in labels:
        if not 0 < len(label) <= MAX_LABEL_BYTES:
            raise UnusableName(f"{name!r} has a label that is empty or over 63 bytes")
        wire += b"%c%b" % (len(label), label)
    wire += b"\0"
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
    return name + _QUESTION.pack(record_type, _CLASS_IN)


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


def strings_of(content: bytes) -> list[bytes]:
    """Return the character-strings of a TXT record's data."""
    strings = []
    offset = 0
    while offset < len(content):
        following = offset + 1 + content[offset]
        strings.append(content[offset + 1 : following])
        offset = following
    return strings


def _is_text(content: bytes) -> bool:
    """Tell whether these are character-strings, one or more, and nothing else."""
    offset = 0
    while offset < len(content):
        offset += 1 + content[offset]
    return offset == len(content) > 0


def _is_authorization(content: bytes) -> bool:
    """Tell whether these are flags and a tag, not empty, and room for a value (RFC 8659, 4.1)."""
    return len(content) > _CAA_HEAD_BYTES and 0 < content[1] <= len(content) - _CAA_HEAD_BYTES


class _Reader:
    """One pass over one message."""

    def __init__(self, message: bytes, question: bytes) -> None:
        self._message = message
        self._name = question[:-4]
        self._type: int = _QUESTION.unpack_from(question, len(self._name))[0]
        self._offset = HEADER_BYTES + len(question)
        self._names: dict[int, bytes] = {}
        self._labels_left = _MAX_LABELS_READ
        self._names_left = _MAX_NAMES_READ

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
            if not response.contents:
                self._read_authorities(authorities, response)
        return response

    def _read_answers(self, count: int, response: Response) -> None:
        for _ in range(count):
            owner, record_type, ttl_s, start, end = self._record()
            if record_type == self._type:
                content = self._content(record_type, start, end)
                if content is None:
                    continue
                response.contents.setdefault(owner, []).append(content)
            elif record_type == _CNAME:
                response.aliases.setdefault(owner, self._name_until(start, end))
            else:
                continue
            response.ttls[owner] = min(ttl_s, response.ttls.get(owner, ttl_s))

    def _content(self, record_type: int, start: int, end: int) -> bytes | None:
        """Return a record's data, checked; None when enough names have been read."""
        size = _ADDRESS_BYTES.get(record_type)
        if size is not None:
            if end - start != size:
                raise MalformedMessage("an address of the wrong length")
            return self._message[start:end]
        if record_type in {_NS, _MX}:
            return self._named(start, start + _PREFERENCE_BYTES * (record_type == _MX), end)
        content = self._message[start:end]
        if record_type == _TXT and not _is_text(content):
            raise MalformedMessage("strings that do not fill their record")
        if record_type == _CAA and not _is_authorization(content):
            raise MalformedMessage("a CAA record whose tag does not fit")
        return content

    def _named(self, start: int, name_start: int, end: int) -> bytes | None:
        if name_start >= end:
            raise MalformedMessage("a record too short for its name")
        self._names_left -= 1
        if self._names_left < 0:
            return None
        return self._message[start:name_start] + self._name_until(name_start, end)

    def _name_until(self, start: int, end: int) -> bytes:
        name, name_end = self._name_at(start)
        if name_end != end:
            raise MalformedMessage("a name that does not fill its record")
        return name

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
