"""Names the service on a port by what the server said: pure.

Law: a name is given only where the words leave no doubt, and never for the number of the port.
Nothing a server can say raises here.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What a service says first, or to words it does not understand."""

    # Its name in the IANA registry of services (RFC 6335).
    service: str
    # At the beginning of what was said.
    words: re.Pattern[bytes]
    # Where it is written that it says so.
    source: str


_RULES: Final = tuple(
    _Rule(service=service, words=re.compile(words, re.DOTALL), source=source)
    for service, words, source in (
        ("ssh", rb"SSH-\d\.\d{1,3}-[!-~]", "RFC 4253, section 4.2"),
        ("imap", rb"\* (?:OK|PREAUTH|BYE)[ \r\n]", "RFC 9051, section 7.1"),
        ("pop3", rb"\+OK[ \r\n]", "RFC 1939, section 4"),
        ("nntp", rb"20[01][ -][^\r\n]*(?:NNTP|NNRP|InterNetNews)", "RFC 3977, section 5.1"),
        ("rfb", rb"RFB \d{3}\.\d{3}\n", "RFC 6143, section 7.1.1"),
        ("telnet", rb"\xff[\xfb-\xfe][\x00-\x31]", "RFC 854"),
        ("irc", rb"(?::[!-~]+ )?NOTICE (?:AUTH|\*) :|ERROR :Closing Link", "RFC 2812, section 3.3"),
        ("sieve", rb'"IMPLEMENTATION" "', "RFC 5804, section 1.7"),
        ("rsync", rb"@RSYNCD: \d+", "rsync's protocol"),
        ("amqp", rb"AMQP[\x00-\x03][\x00-\x01]", "AMQP 0-9-1, section 4.2.2; 1.0, section 2.2"),
        # One of another protocol may say -ERR too, but not this.
        (
            "redis",
            rb"-(?:DENIED (?:Redis is r|R)unning in |NOAUTH |ERR wrong number of .* for 'get' )",
            "the Redis serialization protocol",
        ),
        # A packet's length, its number 0, then a handshake of version 10 with the server's version,
        # or an error that says whose it is.
        (
            "mysql",
            rb"..\x00\x00(?:\x0a\d[!-~]{1,80}\x00|\xff..[^\x00]*(?:MySQL|MariaDB) server)",
            "MySQL's client/server protocol, HandshakeV10 and ERR_Packet",
        ),
    )
)
# FTP and SMTP both greet with 220 (RFC 959, section 5.4; RFC 5321, section 4.2): what they say of
# themselves after it tells them apart. The name of the host comes first in SMTP, and may be any.
_READY: Final = re.compile(rb"220[ -]")
_SMTP: Final = re.compile(rb"220[ -][!-~]+ (?:[^\r\n]*[ (])?E?SMTP(?![\w.-])", re.IGNORECASE)
_FTP: Final = re.compile(rb"[ (-](?:(?:vs|pro|pure-)?ftpd?(?=[\s)!,\]])|pyftpdlib )", re.IGNORECASE)

# What PostgreSQL answers an SSLRequest with: one byte and nothing else.
_POSTGRESQL: Final = frozenset({b"S", b"N"})
SSL_REQUEST: Final = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")

# A CONNECT of MQTT in a version that there is not: clean, without a name, a will or a password. No
# server opens a session for it; it answers that it does not know the version and hangs up.
MQTT_CONNECT: Final = b"\x10\x0c\x00\x04MQTT\x7f\x02\x00\x00\x00\x00"
_CONNACK: Final = 0x20
# MQTT 3.1.1, section 3.2.2.3, and in version 5 section 3.2.2.2.
_UNKNOWN_VERSION: Final = (0x01, 0x84)


def service_saying(words: bytes) -> str:
    """Return the IANA name of the service that says this; empty when it is not certain."""
    if _READY.match(words):
        return _greeting_with_220(words)
    return next((rule.service for rule in _RULES if rule.words.match(words)), "")


def service_answering(answer: bytes) -> str:
    """Return the IANA name of the service that answers SSL_REQUEST so; else empty."""
    return "postgresql" if answer in _POSTGRESQL else ""


def service_refusing(answer: bytes) -> str:
    """Return the IANA name of the service that answers MQTT_CONNECT so; else empty.

    That is a CONNACK which refuses the version: its flags are 0, and in version 5 properties
    follow that fill it.
    """
    if len(answer) < 4 or answer[0] != _CONNACK or answer[1] != len(answer) - 2:  # noqa: PLR2004 - bytes of its head
        return ""
    flags, code, *rest = answer[2:]
    is_whole = not rest or rest[0] == len(rest) - 1
    return "mqtt" if flags == 0 and code in _UNKNOWN_VERSION and is_whole else ""


def _greeting_with_220(words: bytes) -> str:
    is_smtp, is_ftp = _SMTP.match(words) is not None, _FTP.search(words) is not None
    if is_smtp is is_ftp:
        return ""
    return "smtp" if is_smtp else "ftp"
