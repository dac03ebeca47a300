import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.observe.frames import (
    Frame,
    FrameCutter,
    FrameTooLarge,
    GoAway,
    begins_http2,
)
from tests.targets.http2 import (
    ACK,
    DATA,
    GOAWAY,
    PADDED,
    PING,
    SETTINGS,
    SETTINGS_FRAME,
    frame,
    goaway,
    head,
)

FRAMES = st.lists(
    st.builds(
        frame,
        st.integers(0, 255),
        st.binary(max_size=40),
        flags=st.integers(0, 255),
        stream=st.integers(0, 2**31 - 1),
    )
)


@given(frames=FRAMES, sizes=st.lists(st.integers(1, 50), min_size=1))
def test_frames_are_the_same_however_the_network_cuts_them(
    frames: list[bytes], sizes: list[int]
) -> None:
    cutter, cut = FrameCutter(), []
    rest = b"".join(frames)
    turn = 0
    while rest:
        size = sizes[turn % len(sizes)]
        turn += 1
        cutter.feed(rest[:size])
        rest = rest[size:]
        while (found := cutter.next_frame()) is not None:
            cut.append(found.raw)
    assert cut == frames


def test_a_frame_tells_what_it_is() -> None:
    found = Frame(head(stream=7))
    assert (found.kind, found.stream_id, found.payload) == (1, 7, b"\x88")


@pytest.mark.parametrize(
    ("payload", "content"),
    [(b"\x02abxx", b"ab"), (b"\x00ab", b"ab"), (b"", b""), (b"\xff", b""), (b"\x02ab", b"")],
)
def test_padding_is_no_content(payload: bytes, content: bytes) -> None:
    assert Frame(frame(DATA, payload, flags=PADDED)).content == content
    assert Frame(frame(DATA, payload)).content == payload


@pytest.mark.parametrize(("stream", "is_of_server"), [(0, False), (1, False), (2, True)])
def test_streams_of_even_numbers_are_the_servers(stream: int, *, is_of_server: bool) -> None:
    assert Frame(head(stream=stream)).is_of_server is is_of_server


def test_the_reserved_bit_of_a_stream_is_ignored() -> None:
    assert Frame(frame(DATA, stream=2**31 + 3)).stream_id == 3


def test_a_frame_over_its_bounds_is_refused_by_its_header() -> None:
    cutter = FrameCutter()
    cutter.feed(frame(DATA, bytes(16_384)))
    assert cutter.next_frame() is not None
    cutter.feed(b"\x00\x40\x01" + bytes(6))
    with pytest.raises(FrameTooLarge):
        cutter.next_frame()


@pytest.mark.parametrize(
    "words",
    [
        SETTINGS_FRAME,
        b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",  # as Go begins, cut after its header
        frame(SETTINGS, bytes(6)) + b"more",
        goaway(0),
    ],
)
def test_settings_or_a_farewell_begin_http2(words: bytes) -> None:
    assert begins_http2(words)


@pytest.mark.parametrize(
    "words",
    [
        b"",
        SETTINGS_FRAME[:8],
        frame(SETTINGS, flags=ACK),
        frame(SETTINGS, stream=1),
        frame(SETTINGS, bytes(5)),
        frame(PING, bytes(8)),
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28\x00\x00",
        bytes(32),
    ],
)
def test_anything_else_does_not(words: bytes) -> None:
    assert not begins_http2(words)


def test_a_farewell_tells_the_last_stream_and_why() -> None:
    assert GoAway.of(Frame(goaway(5))) == GoAway(last_stream_id=5, error_code=0)


@pytest.mark.parametrize("broken", [frame(GOAWAY, bytes(7)), frame(GOAWAY, bytes(8), stream=1)])
def test_a_farewell_that_breaks_the_rules_tells_nothing(broken: bytes) -> None:
    assert GoAway.of(Frame(broken)) is None
