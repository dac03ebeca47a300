"""Reads the challenges of WWW-Authenticate (RFC 9110, sections 11.2 to 11.6.1).

Several challenges stand in one field, parted by the commas that part their parameters too, and a
quoted value may hold commas of its own. What breaks the grammar is passed over. Never raises.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

_MAX_CHARS: Final = 8192
_MAX_CHALLENGES: Final = 16
_MAX_PARAMETERS: Final = 32

_GAP: Final = re.compile(r"[ \t,]*+")
_SPACE: Final = re.compile(r"[ \t]*+")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]++")
_EQUALS: Final = re.compile(r"[ \t]*+=[ \t]*+")
_TOKEN68: Final = re.compile(r"[A-Za-z0-9._~+/-]++=*+(?=[ \t]*+(?:,|$))")
# A quote that nobody closes ends with the field.
_QUOTED: Final = re.compile(r'"((?:[^"\\]++|\\.)*+)(?:"|\\?$)', re.DOTALL)
# Laxer than a token: addresses are often left unquoted.
_BARE: Final = re.compile(r'[^\s",]*+')
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)

# IANA, "HTTP Authentication Schemes"; and NTLM, which is not there and has one spelling.
_REGISTERED: Final = MappingProxyType(
    {
        name.lower(): name
        for name in (
            *("Basic", "Bearer", "Concealed", "Digest", "DPoP", "GNAP", "HOBA", "Mutual"),
            *("Negotiate", "OAuth", "PrivateToken", "SCRAM-SHA-1", "SCRAM-SHA-256", "vapid"),
            "NTLM",
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One way to authenticate that a server names."""

    # As registered; one that is not, as sent.
    scheme: str
    token68: str = ""
    # By name in lower case; the first of a name counts.
    parameters: Mapping[str, str] = field(default_factory=dict)


def registered_scheme(name: str) -> str:
    """Return a scheme's name as it is registered; one that is not, as it is."""
    return _REGISTERED.get(name.lower(), name)


def challenges_in(value: str) -> tuple[Challenge, ...]:
    """Return the challenges of a field, or of several joined by commas, in their order."""
    text = value[:_MAX_CHARS]
    found: list[Challenge] = []
    parameters: dict[str, str] = {}
    position = _after(_GAP, text, 0)
    while position < len(text):
        name = _TOKEN.match(text, position)
        if name is None:
            position = _after(_GAP, text, _next_part(text, position))
            continue
        equals = _EQUALS.match(text, name.end())
        if equals:
            content, position = _value(text, equals.end())
            # A challenge has a token68 or parameters, never both.
            if found and not found[-1].token68 and len(parameters) < _MAX_PARAMETERS:
                parameters.setdefault(name.group().lower(), content)
        else:
            if len(found) == _MAX_CHALLENGES:
                break
            token68, position = _token68(text, name.end())
            parameters = {}
            scheme = registered_scheme(name.group())
            found.append(Challenge(scheme=scheme, token68=token68, parameters=parameters))
        position = _after(_GAP, text, position)
    return tuple(found)


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _next_part(text: str, position: int) -> int:
    """Return where to go on after what no grammar allows; a quoted string is passed as a whole."""
    quoted = _QUOTED.match(text, position)
    return quoted.end() if quoted else position + 1


def _token68(text: str, position: int) -> tuple[str, int]:
    start = _after(_SPACE, text, position)
    match = _TOKEN68.match(text, start) if start > position else None
    return (match.group(), match.end()) if match else ("", position)


def _value(text: str, position: int) -> tuple[str, int]:
    quoted = _QUOTED.match(text, position)
    if quoted:
        return _ESCAPED.sub(r"\1", quoted.group(1)), quoted.end()
    bare = _BARE.match(text, position)
    return (bare.group(), bare.end()) if bare else ("", position)
