"""Server-sent events, in whatever pieces they come, and what to do when they break off."""

import pytest
from outscope_client.errors import ConnectionFailedError, NotFoundError
from outscope_client.events import Event, Follow, Reader
from outscope_client.messages import Loss
from outscope_client.models import Check

from services.gateway.routes.events import _EXAMPLE
from tests.unit.client.stepping import Clock, refusal, reply, settings

STREAM = _EXAMPLE.encode() + b"\n"
CUT = Loss(error=OSError("cut"), may_have_arrived=True)


def names(events: list[Event]) -> list[str]:
    return [event.name for event in events]


def test_the_example_of_the_document_is_read() -> None:
    events = Reader().feed(STREAM)
    assert names(events) == ["queued", "started", "completed"]
    assert [event.id for event in events] == ["10000", "11001", "19999"]
    assert isinstance(events[0].content, Check)
    assert events[1].content.vantage_point == "eu-west-1"
    assert [event.is_end for event in events] == [False, False, True]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_events_are_the_same_in_whatever_pieces_and_line_ends_they_come(
    line_end: bytes, size: int
) -> None:
    stream = STREAM.replace(b"\n", line_end) + b"\n"
    reader = Reader()
    events = [
        event
        for start in range(0, len(stream), size)
        for event in reader.feed(stream[start : start + size])
    ]
    assert names(events) == ["queued", "started", "completed"]


def test_letters_of_several_bytes_may_be_cut() -> None:
    reader = Reader()
    stream = 'event: path\ndata: {"title":"Caf\u00e9 \u2615"}\n\n'.encode()
    events = [event for byte in stream for event in reader.feed(bytes([byte]))]
    assert events[0].content == {"title": "Caf\u00e9 \u2615"}


def test_comments_and_what_is_no_json_object_are_passed_over() -> None:
    stream = b": waiting\n\ndata: nonsense\n\ndata: [1]\n\nevent: dns\n\ndata: {\ndata: }\n\n"
    assert Reader().feed(stream) == [Event(name="message", content=Check({}), id="")]


def test_who_comes_back_names_the_last_event() -> None:
    follow = Follow("/v1/check/chk_1/events")
    assert "last-event-id" not in follow.request(settings()).headers
    follow.received(b"id: 11001\nevent: started\ndata: {}\n\nid: 11002\nevent: dns\nda", settings())
    assert follow.pause_s(CUT, settings()) == 0.5
    assert follow.request(settings()).headers["last-event-id"] == "11001"
    # What was cut in the middle is not put together with what comes after.
    assert names(follow.received(b"event: completed\ndata: {}\n\n", settings())) == ["completed"]
    assert follow.has_ended


def test_who_gets_nothing_gives_up_and_an_event_gives_new_patience() -> None:
    follow, told = Follow("/x"), settings(max_retries=2)
    assert [follow.pause_s(CUT, told) for _ in range(2)] == [0.5, 1.0]
    follow.received(b"event: dns\ndata: {}\n\n", settings())
    assert [follow.pause_s(None, told) for _ in range(2)] == [0.5, 1.0]
    with pytest.raises(ConnectionFailedError, match="the stream ended"):
        follow.pause_s(None, told)


def test_nothing_left_is_an_end() -> None:
    follow = Follow("/x")
    assert follow.pause_s(reply(204), settings()) == 0.0
    assert follow.has_ended


def test_a_refusal_is_raised_and_a_limit_waited_for() -> None:
    with pytest.raises(NotFoundError):
        Follow("/x").pause_s(refusal(404, "not_found"), settings())
    limited = refusal(429, "rate_limited", retry_after="3")
    assert Follow("/x").pause_s(limited, settings()) == 3.5


def test_who_follows_for_a_time_stops_after_it_whatever_comes() -> None:
    clock = Clock()
    told = settings(monotonic=clock)
    follow = Follow("/x", 60)
    assert follow.request(told).timeout_s == 45
    clock.now_s += 50
    assert follow.request(told).timeout_s == 10
    assert follow.received(b": waiting\n\n", told) == []
    going_on = follow.has_ended
    clock.now_s += 10
    follow.received(b": waiting\n\n", told)
    assert (going_on, follow.has_ended) == (False, True)
    silent = Follow("/x", 1)
    silent.request(told)
    clock.now_s += 2
    assert silent.pause_s(CUT, told) == 0.0
    assert silent.has_ended


def test_an_id_that_is_no_header_is_not_sent_back() -> None:
    follow = Follow("/v1/check/chk_1/events")
    events = follow.received("id: 1\u00e9\ndata: {}\n\nid: \x1b\ndata: {}\n\n".encode(), settings())
    assert [event.id for event in events] == ["", ""]
    assert "last-event-id" not in follow.request(settings()).headers


def test_an_event_that_is_nested_too_deeply_is_passed_over() -> None:
    deep = b"[" * 100_000
    assert names(Reader().feed(b"data: " + deep + b"\n\nevent: port\ndata: {}\n\n")) == ["port"]
