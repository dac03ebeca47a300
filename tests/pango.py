"""Whether this machine has Pango, asked of the loader and not of our code; and what a PDF holds."""

import ctypes
import re
import zlib
from typing import Final

import pytest


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def content_of(pdf: bytes) -> bytes:
    """Return the objects of a PDF, those too that stand in compressed streams."""
    streams = re.findall(rb"/FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompressobj().decompress(stream) for stream in streams)


HAS_PANGO: Final = all(map(_loads, ("libpango-1.0.so.0", "libpangoft2-1.0.so.0")))
needs_pango: Final = pytest.mark.skipif(
    not HAS_PANGO, reason="PDFs need Pango: docs/operations.md, Reports as PDF"
)
