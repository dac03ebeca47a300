"""A conversation in HTTP/2 without a socket: what is said, and what is read."""

import gzip

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import RemoteSettingsChanged, RequestReceived, StreamReset
from h2.settings import SettingCodes

from services.prober.facts import OutcomeCode
from services.prober.observe.limits import BODY_BYTES, HEADER_BYTES, HEADERS
from tests.targets.http2 import (
    ACK,
    PING,
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


def client_events(sent: bytes) -> list[object]:
    server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
    server.initiate_connection()
    return list(server.receive_data(sent))


def test_a_request_is_that_of_http1_without_what_belongs_to_a_connection() -> None:
    session, _ = asked()
    events = client_events(session.outgoing())
    (request,) = [each for each in events if isinstance(each, RequestReceived)]
    assert [(str(name), str(value)) for name, value in request.headers] == list(FIELDS)
    assert request.stream_ended is not None


def test_pushes_are_forbidden_and_the_size_of_a_head_is_told() -> None:
    session, _ = asked()
    (settings,) = [
        each
        for each in client_events(session.outgoing())
        if isinstance(each, RemoteSettingsChanged)
    ]
    told = {code: change.new_value for code, change in settings.changed_settings.items()}
    assert told[SettingCodes.ENABLE_PUSH] == 0
    assert told[SettingCodes.MAX_HEADER_LIST_SIZE] == HEADER_BYTES + 32 * HEADERS


def test_an_answer_is_read_to_its_end() -> None:
    answer = answer_to(
        head(("content-type", "text/html"), ("x-a", " b "), ("content-length", "5")),
        piece(b"hel"),
        piece(b"lo", end=True),
    )
    assert answer.code is C.OK
    assert (answer.status, answer.http_version, answer.reason) == (200, "2", "")
    assert answer.headers == [("content-type", "text/html"), ("x-a", "b"), ("content-length", "5")]
    assert (answer.body, answer.body_bytes, answer.truncated) == (b"hello", 5, False)
    assert answer.keep_alive


def test_the_first_byte_of_an_answer_is_not_that_of_the_settings() -> None:
    _, answer = asked()
    answer.feed(SETTINGS_FRAME + frame(PING, bytes(8)) + frame(WINDOW_UPDATE, b"\0\0\0\x09"))
    assert answer.fed_bytes == 0
    answer.feed(head())
    assert answer.fed_bytes == len(head())


def test_settings_and_pings_are_answered() -> None:
    session, answer = asked()
    session.outgoing()
    answer.feed(SETTINGS_FRAME + frame(PING, b"12345678"))
    assert session.outgoing() == frame(SETTINGS, flags=ACK) + frame(PING, b"12345678", flags=ACK)


def test_a_second_request_is_made_on_the_same_connection() -> None:
    session, first = asked()
    first.feed(SETTINGS_FRAME + head(end=True))
    assert first.keep_alive
    second = session.ask(FIELDS, None)
    second.feed(head(status="404", stream=3) + piece(b"no", end=True, stream=3))
    assert (second.code, second.status, second.body) == (C.OK, 404, b"no")


def test_a_packed_body_is_unpacked() -> None:
    packed = gzip.compress(b"<title>Packed</title>")
    answer = answer_to(head(("content-encoding", "gzip")), piece(packed, end=True))
    assert (answer.code, answer.body) == (C.OK, b"<title>Packed</title>")


def test_a_body_that_is_enough_is_told_to_stop_and_the_connection_goes_on() -> None:
    session, answer = asked()
    server = H2Connection(H2Configuration(client_side=False))
    server.initiate_connection()
    server.receive_data(session.outgoing())
    server.send_headers(1, [(":status", "200")])
    while not answer.ended:
        room = min(server.local_flow_control_window(1), 16_384)
        assert room, "the window was not opened again"
        server.send_data(1, bytes(room))
        answer.feed(server.data_to_send())
        events = server.receive_data(session.outgoing())
    assert (answer.code, answer.truncated, len(answer.body)) == (C.OK, True, BODY_BYTES)
    assert answer.body_bytes <= BODY_BYTES + 65_535
    (reset,) = [each for each in events if isinstance(each, StreamReset)]
    assert reset.error_code == ErrorCodes.CANCEL
    assert answer.keep_alive
    # What was on its way is passed over, and belongs to no later answer.
    second = session.ask(FIELDS, None)
    second.feed(piece(b"late", end=True) + head(stream=3) + piece(b"new", end=True, stream=3))
    assert (second.code, second.body) == (C.OK, b"new")


def test_a_body_that_is_enough_at_its_end_is_not_told_to_stop() -> None:
    session, answer = asked()
    session.outgoing()
    packed = gzip.compress(bytes(BODY_BYTES + 1))
    answer.feed(SETTINGS_FRAME + head(("content-encoding", "gzip")) + piece(packed, end=True))
    assert (answer.code, answer.truncated, answer.keep_alive) == (C.OK, True, True)
    assert session.outgoing() == frame(SETTINGS, flags=ACK)


def test_a_head_that_is_too_large_leaves_the_connection() -> None:
    fields = [(f"x-{number}", "y") for number in range(HEADERS + 1)]
    for end in (True, False):
        answer = answer_to(head(*fields, end=end))
        assert (answer.code, answer.keep_alive) == (C.HTTP_TOO_LARGE, True)
        assert len(answer.headers) == HEADERS


def test_no_more_may_be_sent_than_is_read() -> None:
    """The windows are the protocol's own until what came through them was taken."""
    session, answer = asked()
    answer.feed(SETTINGS_FRAME + head())
    session.outgoing()
    for _ in range(3):
        answer.feed(piece(bytes(16_384)))
    answer.feed(piece(bytes(16_383)))
    granted = sum(
        int.from_bytes(each[9:13], "big")
        for each in frames_of(session.outgoing())
        if each[3] == WINDOW_UPDATE and each[5:9] == bytes(4)
    )
    assert granted <= 65_535


def frames_of(sent: bytes) -> list[bytes]:
    found = []
    while sent:
        size = 9 + int.from_bytes(sent[:3], "big")
        found.append(sent[:size])
        sent = sent[size:]
    return found


PAGE = head() + piece(b"x")


def test_trailers_are_dropped() -> None:
    trailers = head(("x-sum", "1"), status="", end=True)
    answer = answer_to(head(("a", "b")), piece(b"x"), trailers)
    assert answer.code is C.OK
    assert answer.headers == [("a", "b")]


def test_a_server_that_goes_after_its_answer_is_not_asked_again() -> None:
    answer = answer_to(goaway(1), head(), piece(b"last", end=True))
    assert (answer.code, answer.body) == (C.OK, b"last")
    assert not answer.keep_alive
    late = answer_to(head(), piece(b"last", end=True), goaway(1))
    assert late.code is C.OK
    assert not late.keep_alive


def test_an_end_of_the_connection_is_none_of_an_answer() -> None:
    answer = answer_to(PAGE, ends=True)
    assert (answer.code, answer.body, answer.truncated) == (C.HTTP_CLOSED, b"x", True)


@pytest.mark.parametrize(
    "words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 mail.test ESMTP\r\n", bytes(9)]
)
def test_what_is_no_http2_is_heard_and_not_read(words: bytes) -> None:
    for pieces in ([words], [words[n : n + 1] for n in range(len(words))]):
        session, answer = asked()
        for each in pieces:
            answer.feed(each)
        assert answer.code is C.HTTP_NOT_HTTP
        assert answer.heard == words[: len(answer.heard)]
        assert answer.needs_http1 is words.startswith(b"HTTP/1.")
        assert len(answer.heard) >= 9
        assert not session.can_ask


@pytest.mark.parametrize(
    "asks_for_http1",
    [rst_stream(ErrorCodes.HTTP_1_1_REQUIRED), goaway(1, ErrorCodes.HTTP_1_1_REQUIRED)],
)
def test_a_server_may_ask_for_http1(asks_for_http1: bytes) -> None:
    answer = answer_to(asks_for_http1)
    assert answer.needs_http1
    assert answer.ended
    assert not answer_to(rst_stream(ErrorCodes.CANCEL)).needs_http1


def test_a_server_that_takes_no_streams_is_not_asked() -> None:
    session, first = asked()
    first.feed(frame(SETTINGS, b"\x00\x03" + bytes(4)) + head(end=True))
    second = session.ask(FIELDS, None)
    assert second.code is C.HTTP_CLOSED
    assert second.fed_bytes == 0
    assert not session.can_ask
