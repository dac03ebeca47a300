"""Undoes a content coding as its bytes arrive: the same result however the network cuts them.

Law: nothing is kept of what comes after the end of the coded body or after a fault in it, and what
was decoded before a fault stays. A body that is not what it says is taken for what it is.
"""

import zlib
from typing import Final

# Servers say deflate and send it without the zlib wrapper; which one it is shows at once.
_WINDOWS: Final = {
    "gzip": (16 + zlib.MAX_WBITS,),
    "x-gzip": (16 + zlib.MAX_WBITS,),
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),
}

# A body in another coding than it says shows so within its header; what breaks later is broken.
_EARLY_BYTES: Final = 64


class Decoder:
    """Decodes one body; passes it through when it is in no coding we know."""

    __slots__ = (
        "_decoder",
        "_early",
        "_fed_bytes",
        "_has_begun",
        "_is_over",
        "_left",
        "is_broken",
    )

    def __init__(self, content_encoding: str) -> None:
        windows = _WINDOWS.get(content_encoding.strip().lower(), ())
        # What else it may be when it is not what is tried now; after that, plain.
        self._left = list(windows[1:])
        self._decoder = zlib.decompressobj(windows[0]) if windows else None
        # What was fed before anything could be decoded: another try begins with it.
        self._early = b""
        self._fed_bytes = 0
        # Something was decoded.
        self._has_begun = False
        # Came to its end or to a fault; the decoder would keep all that comes after.
        self._is_over = False
        # Came to a fault.
        self.is_broken = False

    def decoded(self, raw: bytes, max_length: int) -> bytes:
        """Return what the next bytes decode to, at most max_length; after that much, feed no more.

        Nothing once it is broken or has come to its end.
        """
        if self._is_over:
            return b""
        if self._decoder is None:
            return raw[:max_length]
        before = self._decoder.copy()
        try:
            decoded = self._decoder.decompress(raw, max_length)
        except zlib.error:
            return self._decoded_to_fault(before, raw, max_length)
        self._note(raw, decoded)
        if self._decoder.eof:
            self._end()
        return decoded

    def _note(self, raw: bytes, decoded: bytes) -> None:
        self._fed_bytes += len(raw)
        self._has_begun = self._has_begun or bool(decoded)
        if self._has_begun:
            self._early = b""
        elif len(self._early) <= _EARLY_BYTES:
            self._early += raw[: _EARLY_BYTES + 1]

    def _end(self) -> None:
        self._is_over = True
        self._decoder = None

    def _decoded_to_fault(self, before: "zlib._Decompress", raw: bytes, max_length: int) -> bytes:
        """Take bytes with a fault in them: they are broken there, or in another coding."""
        decoded, sound_bytes = _decoded_before_fault(before, raw, max_length)
        is_early = self._fed_bytes + sound_bytes < _EARLY_BYTES
        if not is_early or self._has_begun or decoded:
            self.is_broken = True
            self._end()
            return decoded
        self._decoder = zlib.decompressobj(self._left.pop(0)) if self._left else None
        again, self._early, self._fed_bytes = self._early + raw, b"", 0
        return self.decoded(again, max_length)


def _decoded_before_fault(
    decoder: "zlib._Decompress", raw: bytes, max_length: int
) -> tuple[bytes, int]:
    """Return what bytes with a fault decode to before it, and how many bytes are sound.

    By halves: what is decoded of a sound half is kept, and the fault is in what is left.
    """
    decoded = b""
    begin, end = 0, len(raw)
    while end - begin > 1:
        middle = (begin + end) // 2
        trial = decoder.copy()
        try:
            piece = trial.decompress(raw[begin:middle], max_length - len(decoded))
        except zlib.error:
            end = middle
            continue
        decoded, decoder, begin = decoded + piece, trial, middle
        if len(decoded) >= max_length:
            break
    return decoded, begin
