"""A conversation in HTTP/2 with servers that break its rules, or never come to an end."""

import gzip

import pytest
from h2.errors import ErrorCodes
from hypothesis import given
from hypothesis import strategies as st

from services.prober.facts import OutcomeCode
from services.prober.observe.http2_answer import Http2Answer
from services.prober.observe.limits import HEADERS, SETTINGS_FRAMES
from services.prober.observe.limits import SETTINGS as SETTINGS_KEPT
from tests.targets import http2
from tests.targets.http2 import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HPACK_BOMB,
    PADDED,
    PING,
    PUSH_PROMISE,
    SETTINGS,
    SETTINGS_FRAME,
    WINDOW_UPDATE,
    frame,
    goaway,
    head,
    piece,
    rst_stream,
)
from tests.unit.prober.observe.conversing import FIELDS, answer_to, asked

C = OutcomeCode
# What is fed at once, and no more than so often: about as a socket is read.
READ = 60_000
READS = 400


def flooded(first: bytes, again: bytes) -> tuple[Http2Answer, int]:
    """Return the answer to frames that never end, and how many bytes had to be fed for its end."""
    session, answer = asked()
    answer.feed(SETTINGS_FRAME + first)
    fed, flood = 0, again * max(1, READ // len(again))
    while not answer.ended:
        fed += len(flood)
        assert fed < READ * READS
        answer.feed(flood)
    assert len(session.outgoing()) < READ
    return answer, fed


def test_parameters_that_nobody_knows_are_not_kept_without_end() -> None:
    session, answer = asked()
    session.outgoing()
    answer.feed(SETTINGS_FRAME + http2.unknown_settings(SETTINGS_KEPT + 1))
    assert answer.code is C.HTTP_TOO_LARGE
    assert not session.can_ask
    assert session.outgoing() == frame(SETTINGS, flags=ACK)


@pytest.mark.parametrize(
    ("each", "answers"),
    [(SETTINGS_FRAME, SETTINGS_FRAMES), (http2.unknown_settings(1), SETTINGS_FRAMES)],
)
def test_settings_are_counted_over_the_whole_connection(each: bytes, answers: int) -> None:
    session, answer = asked()
    for number in range(answers):
        assert not answer.ended
        stream = 2 * number + 1
        answer.feed(each + head(stream=stream) + piece(b"x", stream=stream, end=True))
        assert answer.code is C.OK
        answer = session.ask(FIELDS, None)
    answer.feed(each)
    assert answer.code is C.HTTP_TOO_LARGE


PAGE = head() + piece(b"x")
WRONG = {
    "a frame over its bounds": (b"\x00\x40\x01\x00\x00\x00\x00\x00\x01", C.HTTP_MALFORMED),
    "a push": (
        frame(PUSH_PROMISE, b"\0\0\0\2" + http2.block(), flags=4, stream=1),
        C.HTTP_MALFORMED,
    ),
    "data of no stream": (piece(b"x", stream=0), C.HTTP_MALFORMED),
    "data before the head": (piece(b"x"), C.HTTP_MALFORMED),
    "an end before the head": (piece(b"", end=True), C.HTTP_MALFORMED),
    "settings of a broken size": (frame(SETTINGS, bytes(5)), C.HTTP_MALFORMED),
    "a window update of nothing": (frame(WINDOW_UPDATE, bytes(4)), C.HTTP_MALFORMED),
    "a stray continuation": (frame(CONTINUATION, b"\x88", flags=4, stream=1), C.HTTP_MALFORMED),
    "padding over the frame": (frame(DATA, b"\xff", flags=PADDED, stream=1), C.HTTP_MALFORMED),
    "no HPACK": (frame(1, b"\xff\xff\xff\xff\xff", flags=END_HEADERS, stream=1), C.HTTP_MALFORMED),
    "a head within a head": (frame(1, b"\x88", stream=1) + head(), C.HTTP_MALFORMED),
    "a broken farewell": (frame(http2.GOAWAY, bytes(3)), C.HTTP_MALFORMED),
    "an answer nobody asked for": (head(stream=2), C.HTTP_MALFORMED),
    "trailers that end nothing": (PAGE + head(("x", "y"), status=""), C.HTTP_MALFORMED),
    "longer than told": (head(("content-length", "1")) + piece(b"xy", end=True), C.HTTP_MALFORMED),
    "shorter than told": (head(("content-length", "3")) + piece(b"x", end=True), C.HTTP_MALFORMED),
    "nothing of what was told": (head(("content-length", "3"), end=True), C.HTTP_MALFORMED),
    "no length": (head(("content-length", "x")) + piece(b"x", end=True), C.HTTP_MALFORMED),
    "a reset": (rst_stream(ErrorCodes.INTERNAL_ERROR), C.HTTP_RESET),
    "a reset in its body": (PAGE + rst_stream(ErrorCodes.NO_ERROR), C.HTTP_RESET),
    "a refusal": (rst_stream(ErrorCodes.REFUSED_STREAM), C.HTTP_RESET),
    "a farewell": (goaway(0), C.HTTP_CLOSED),
    "an HPACK bomb": (
        frame(1, HPACK_BOMB[:8000], flags=END_HEADERS, stream=1),
        C.HTTP_TOO_LARGE,
    ),
    "two hundred fields": (head(*((f"x-{n}", "y") for n in range(200))), C.HTTP_TOO_LARGE),
    "a field of 40 KB": (
        frame(1, http2.block(("x", "y" * 40_000))[:16_384], stream=1)
        + frame(CONTINUATION, http2.block(("x", "y" * 40_000))[16_384:32_768], stream=1)
        + frame(CONTINUATION, http2.block(("x", "y" * 40_000))[32_768:], flags=4, stream=1),
        C.HTTP_TOO_LARGE,
    ),
    "eleven informational": (head(status="103") * 11, C.HTTP_TOO_LARGE),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_breaks_the_rules_comes_to_its_outcome(name: str) -> None:
    frames, code = WRONG[name]
    answer = answer_to(frames)
    assert answer.code is code
    assert not answer.keep_alive or code in {C.HTTP_RESET, C.HTTP_TOO_LARGE}


@pytest.mark.parametrize("told", ["1", "3"])
@pytest.mark.parametrize("padding", [b"", b"\x03"])
def test_a_body_of_another_length_than_told_is_kept_as_far_as_it_came(
    told: str, padding: bytes
) -> None:
    padded = padding + b"ab" + bytes(3 if padding else 0)
    flags = END_STREAM | (PADDED if padding else 0)
    answer = answer_to(head(("content-length", told)), frame(DATA, padded, flags=flags, stream=1))
    assert (answer.code, answer.body, answer.truncated) == (C.HTTP_MALFORMED, b"ab", True)


FLOODS = {
    "empty data": (head(), piece(b"")),
    "padding only": (head(), frame(DATA, b"\x05" + bytes(5), flags=PADDED, stream=1)),
    "single bytes": (head(), piece(b"x")),
    "pings": (head(), frame(PING, bytes(8))),
    "settings": (head(), SETTINGS_FRAME),
    "acknowledgements": (head(), frame(SETTINGS, flags=ACK)),
    "windows": (head(), frame(WINDOW_UPDATE, b"\0\0\0\1")),
    "unknown frames": (head(), frame(0x77, bytes(16_384))),
    "priorities": (head(), frame(2, bytes(4) + b"\x01", stream=3)),
    "packed nothing": (
        head(("content-encoding", "gzip")) + piece(gzip.compress(b"")[:10]),
        piece(b"\x00"),
    ),
    "data": (head(), piece(bytes(16_384))),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_after_the_head_ends_with_what_was_read(name: str) -> None:
    answer, fed = flooded(*FLOODS[name])
    assert answer.code is C.OK
    assert answer.truncated
    assert answer.status == 200
    assert fed <= 2 * 1024 * 1024


@pytest.mark.parametrize(
    "again",
    [
        SETTINGS_FRAME,
        frame(PING, bytes(8)),
        frame(0x77),
        frame(0x77, bytes(16_384)),
        frame(2, bytes(4) + b"\x01", stream=3),
    ],
)
def test_a_flood_before_the_head_is_too_large(again: bytes) -> None:
    answer, fed = flooded(b"", again)
    assert answer.code is C.HTTP_TOO_LARGE
    assert answer.status is None
    assert fed <= 2 * 1024 * 1024


@pytest.mark.parametrize(
    "payload", [b"", b"\x00", b"\x00\x01a" + b"\x7f\xff\xff\x0f" + b"y" * 9000]
)
def test_a_head_that_never_ends_is_too_large(payload: bytes) -> None:
    """The CONTINUATION flood of CVE-2024-27316, with and without something in it."""
    begun = frame(1, b"\x88", stream=1)
    answer, fed = flooded(begun, frame(CONTINUATION, payload, stream=1))
    assert answer.code is C.HTTP_TOO_LARGE
    assert fed <= 2 * READ


def test_trailers_that_unfold_end_with_what_was_read() -> None:
    answer = answer_to(PAGE, frame(1, HPACK_BOMB[1:8000], flags=END_HEADERS | END_STREAM, stream=1))
    assert (answer.code, answer.body, answer.truncated) == (C.OK, b"x", True)
    assert not answer.keep_alive


def test_what_comes_while_nothing_is_asked_is_bounded_too() -> None:
    session, first = asked()
    first.feed(SETTINGS_FRAME + head(end=True))
    states = []
    for count in (1, 2000):
        session.feed(frame(PING, bytes(8)) * count)
        states.append(session.can_ask)
    assert states == [True, False]
    session.outgoing()
    session.feed(frame(PING, bytes(8)) * 2000)
    assert session.outgoing() == b""


@given(noise=st.binary(max_size=400), cuts=st.integers(1, 64))
def test_whatever_comes_is_read_within_bounds(noise: bytes, cuts: int) -> None:
    session, answer = asked()
    message = SETTINGS_FRAME + head() + noise
    for at in range(0, len(message), cuts):
        answer.feed(message[at : at + cuts])
    whole = answer_to(head(), noise)
    assert (answer.code, answer.status, answer.body) == (whole.code, whole.status, whole.body)
    assert len(answer.headers) <= HEADERS
    session.outgoing()
