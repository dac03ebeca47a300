"""Writes the data of DNS records as text for people: pure.

Law: printable ASCII only, at most VALUES records of a kind and VALUE_CHARS of each, in an order of
their own: that of an answer means nothing, and resolvers change it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from outscope.netguard.wire import strings_of, text_name
from services.prober.observe.limits import VALUE_CHARS, VALUES

_PREFERENCE_BYTES: Final = 2
_TAG_AT: Final = 2  # after the flags and the length of the tag
_TAG_CHARS: Final = 256
_PRINTABLE: Final = range(0x20, 0x7F)
# RFC 7208, section 4.5: the version ends with a space or the record.
_SPF: Final = re.compile(rb"v=spf1(?: |\Z)", re.IGNORECASE)
# RFC 9989, section 4.8, and RFC 7489, section 6.4: the version alone keeps its case.
_DMARC: Final = re.compile(rb"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")


def caa_values(contents: Iterable[bytes]) -> tuple[str, ...]:
    """Return CAA records in presentation format (RFC 8659, section 4.1.1)."""
    return tuple(sorted(map(_caa, contents))[:VALUES])


def mx_values(contents: Iterable[bytes]) -> tuple[str, ...]:
    """Return MX records in presentation format, the preferred ones first."""
    in_order = sorted(contents, key=lambda content: (content[:_PREFERENCE_BYTES], _host(content)))
    return tuple(map(_mx, in_order[:VALUES]))


def ns_values(contents: Iterable[bytes]) -> tuple[str, ...]:
    """Return NS records in presentation format."""
    return tuple(sorted(map(_absolute, contents))[:VALUES])


def spf_values(contents: Iterable[bytes]) -> tuple[str, ...]:
    """Return the texts among TXT records that are SPF; where there are several, all of them."""
    return _texts(contents, _SPF)


def dmarc_values(contents: Iterable[bytes]) -> tuple[str, ...]:
    """Return the texts among TXT records that are DMARC; where there are several, all of them."""
    return _texts(contents, _DMARC)


def _texts(contents: Iterable[bytes], beginning: re.Pattern[bytes]) -> tuple[str, ...]:
    """Return texts that begin so, their strings joined without a space (RFC 7208, section 3.3)."""
    texts = (b"".join(strings_of(content)) for content in contents)
    wanted = sorted(text for text in texts if beginning.match(text))
    return tuple(_escaped(text, "\\", VALUE_CHARS) for text in wanted[:VALUES])


def _caa(content: bytes) -> str:
    value_at = _TAG_AT + content[1]
    tag = _escaped(content[_TAG_AT:value_at], '\\" ;()', _TAG_CHARS)
    head = f'{content[0]} {tag} "'
    return head + _escaped(content[value_at:], '\\"', VALUE_CHARS - len(head) - 1) + '"'


def _mx(content: bytes) -> str:
    return f"{int.from_bytes(content[:_PREFERENCE_BYTES])} {_host(content)}"


def _host(content: bytes) -> str:
    return _absolute(content[_PREFERENCE_BYTES:])


def _absolute(name: bytes) -> str:
    text = text_name(name)
    return text if text == "." else f"{text}."


def _escaped(octets: bytes, special: Sequence[str], max_chars: int) -> str:
    """Return bytes as text, cut before what does not fit whole."""
    pieces = []
    left = max_chars
    for byte in octets[:max_chars]:
        character = chr(byte)
        if byte not in _PRINTABLE:
            piece = f"\\{byte:03d}"
        else:
            piece = f"\\{character}" if character in special else character
        left -= len(piece)
        if left < 0:
            break
        pieces.append(piece)
    return "".join(pieces)
