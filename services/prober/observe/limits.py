"""How long and how much a check may take of a target: one place for every bound of observing."""

from dataclasses import dataclass
from typing import Final

from outscope.limits import SAMPLE_BYTES

# Decoded; what a sample keeps and what the judge looks at.
BODY_BYTES: Final = SAMPLE_BYTES
# Of that, what is kept of ports that the paths are not requested on, and of hops that lead on.
PROBE_BYTES: Final = 16 * 1024
# Read of one response before decoding, framing included: compressed or chunked to no end.
RESPONSE_BYTES: Final = 1024 * 1024
# Of a chunked body; a page in as small pieces as these would have eight bytes in each.
CHUNKS: Final = 8192
# Also of the trailers after a chunked body.
HEADERS: Final = 100
HEADER_BYTES: Final = 32 * 1024
# What a header takes in memory beside its text: a pair and two strings.
HEADER_OVERHEAD_BYTES: Final = 160
# 1xx answers before the final one.
INFORMATIONAL: Final = 10
# Frames of HTTP/2 during one answer that bring nothing of it: settings, pings, and those of streams
# that were cut before, whose rest may be on its way.
OTHER_FRAMES: Final = 1024
# SETTINGS frames of HTTP/2 on one connection, and parameters in all of them together; servers send
# one frame, perhaps two, of under ten. Each frame costs as much as all parameters before it.
SETTINGS_FRAMES: Final = 32
SETTINGS: Final = 128
# A head within its bounds takes two.
CONTINUATIONS: Final = 32
# Read of a server until the handshake is over, and after it without a word: a real chain is under
# 20 KiB, a record of anything never over 17.
HANDSHAKE_BYTES: Final = 128 * 1024
# What OpenSSL makes of a byte of a chain, in bytes of memory: the more, the smaller its parts.
HANDSHAKE_COST: Final = 4
# What a connection that speaks HTTP/2 holds beside: its states, tables and a frame.
HTTP2_BYTES: Final = 24 * 1024
# Of a TLS connection, at once: one full record.
RECORD_BYTES: Final = 17 * 1024
# Of a chain; real ones have up to five.
CERTIFICATES: Final = 16
# Addresses of a name that are tried per port.
ADDRESSES: Final = 8
# Records of each kind that are told of a name, and the characters of each.
VALUES: Final = 32
VALUE_CHARS: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The time each stage and the whole check may take; the look-up's is the resolver's own."""

    connect_timeout_s: float = 3.0
    tls_timeout_s: float = 5.0
    # A ClientHello that is not answered at all for so long may have met a server of plain HTTP.
    tls_silence_s: float = 0.3
    # One request: from its sending to the last byte of its answer.
    http_timeout_s: float = 8.0
    # For the first word of a server that hung up on ours; SMTP servers take their time on purpose.
    greeting_timeout_s: float = 1.0
    # For all other records of a name than its addresses, beside everything else.
    records_timeout_s: float = 10.0
    # For leave to send more than the check counted as.
    leave_timeout_s: float = 2.0
    # For beginning requests beyond the paths of a check.
    discovery_timeout_s: float = 5.0
    deadline_s: float = 30.0
