import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.observe.coding import Decoder

TEXT = b"hello, world " * 50
PLENTY = 1 << 20


def bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


CODED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
}


def decoded(coding: str, *pieces: bytes) -> tuple[bytes, bool]:
    decoder = Decoder(coding)
    return b"".join(decoder.decoded(piece, PLENTY) for piece in pieces), decoder.is_broken


def parted(message: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(message), *(cut % (len(message) + 1) for cut in cuts)})
    return [message[begin:end] for begin, end in itertools.pairwise(places)]


cuts = st.lists(st.integers(0, 5000), max_size=12)


@given(st.sampled_from(sorted(CODED)), st.binary(max_size=300), cuts)
def test_what_was_coded_comes_back_however_it_is_cut(
    coding: str, body: bytes, cut_at: list[int]
) -> None:
    message = CODED[coding](body)
    assert decoded(coding, *parted(message, cut_at)) == (body, False)


@given(st.sampled_from(["gzip", "deflate", "br", ""]), st.binary(max_size=300), cuts)
def test_any_bytes_give_the_same_however_they_are_cut(
    coding: str, message: bytes, cut_at: list[int]
) -> None:
    assert decoded(coding, *parted(message, cut_at)) == decoded(coding, message)


@given(st.integers(18, 150), st.integers(1, 255), cuts)
def test_a_fault_gives_the_same_however_it_is_cut(
    place: int, change: int, cut_at: list[int]
) -> None:
    message = bytearray(gzip.compress(bytes(range(256)), mtime=0))
    message[place] ^= change
    whole = decoded("gzip", bytes(message))
    assert decoded("gzip", *parted(bytes(message), cut_at)) == whole


def test_what_was_decoded_before_a_fault_stays() -> None:
    message = gzip.compress(bytes(range(256)), mtime=0)
    damaged = message[:-8] + bytes(8)  # the checksum and the length
    assert decoded("gzip", damaged) == (bytes(range(256)), True)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_plain_text_that_claims_a_coding_is_plain_text(coding: str, size: int) -> None:
    pieces = [TEXT[at : at + size] for at in range(0, len(TEXT), size)]
    assert decoded(coding, *pieces) == (TEXT, False)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_deflate_without_its_wrapper_is_read(size: int) -> None:
    message = bare_deflate(TEXT)
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    assert decoded("deflate", *pieces) == (TEXT, False)


def test_what_follows_the_end_is_neither_decoded_nor_kept() -> None:
    decoder = Decoder("gzip")
    assert decoder.decoded(gzip.compress(TEXT), PLENTY) == TEXT
    tracemalloc.start()
    try:
        for _ in range(200):
            assert decoder.decoded(b"x" * 10_000, PLENTY) == b""
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 100_000


def test_no_more_is_decoded_than_asked_for() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    assert len(Decoder("gzip").decoded(bomb, 501)) == 501
    assert len(Decoder("").decoded(TEXT, 20)) == 20
