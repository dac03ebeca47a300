"""Values out of noise: within their bounds, and some even when the noise is used up."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.drawing import Drawing


@given(st.binary(max_size=60), st.integers(0, 100_000))
def test_values_are_within_their_bounds(noise: bytes, most: int) -> None:
    drawing = Drawing(noise)
    assert 0 <= drawing.integer(most) <= most
    assert drawing.one_of("abc") in "abc"
    assert len(drawing.raw(most)) <= most
    assert len(drawing.latin(most)) <= most


def test_noise_decides_and_its_end_gives_the_least() -> None:
    assert Drawing(b"\x05").integer(9) == 5
    assert Drawing(b"\1").claim()
    assert Drawing(b"\3abcdef").raw(9) == b"abc"
    empty = Drawing(b"")
    assert (empty.integer(9), empty.claim(), empty.raw(9), empty.one_of("xy")) == (
        0,
        False,
        b"",
        "x",
    )
