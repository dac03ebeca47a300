"""The head of an answer in HTTP/2: what can be kept of it, and what is a fault."""

import pytest

from services.prober.facts import OutcomeCode
from services.prober.observe.http2 import Http2Session
from services.prober.observe.http2_answer import Http2Answer
from services.prober.observe.limits import HEADER_OVERHEAD_BYTES
from services.prober.observe.memory import Allowance

RawFields = list[tuple[bytes, bytes]]


def answer(*fields: tuple[bytes, bytes]) -> Http2Answer:
    made = Http2Answer(Http2Session())
    made.take_head(fields)
    return made


def test_pseudo_fields_are_no_headers() -> None:
    made = answer((b":status", b"204"), (b"server", b"demo"))
    assert (made.status, made.headers, made.code) == (204, [("server", "demo")], None)


@pytest.mark.parametrize("status", [b"200", b"404", b"999", b"503"])
def test_any_three_digits_are_a_status(status: bytes) -> None:
    assert answer((b":status", status)).status == int(status)


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [(b"server", b"demo")],
        [(b":status", b"")],
        [(b":status", b"20")],
        [(b":status", b"2000")],
        [(b":status", b"020")],
        [(b":status", b"+20")],
        [(b":status", b"200"), (b":status", b"200")],
        [(b"server", b"demo"), (b":status", b"200")],
        [(b":status", b"200"), (b":path", b"/")],
        [(b":status", b"200"), (b"Server", b"demo")],
        [(b":status", b"200"), (b"", b"demo")],
        [(b":status", b"200"), (b"a b", b"demo")],
        [(b":status", b"200"), (b"a:b", b"demo")],
        [(b":status", b"200"), (b"a", b"b\r\nc: d")],
        [(b":status", b"200"), (b"a", b"b\x00")],
    ],
)
def test_what_cannot_be_a_head_is_a_fault(fields: RawFields) -> None:
    made = answer(*fields)
    assert made.code is OutcomeCode.HTTP_MALFORMED
    assert all("\n" not in value for _, value in made.headers)


def test_fields_of_a_connection_are_kept_as_browsers_pass_them_over() -> None:
    made = answer((b":status", b"200"), (b"connection", b"keep-alive"), (b"x", b"\xff"))
    assert made.code is None
    assert made.headers == [("connection", "keep-alive"), ("x", "ÿ")]


def test_a_head_takes_the_place_of_what_came_before_it() -> None:
    made = Http2Answer(Http2Session())
    made.take_informational([(b":status", b"103"), (b"link", b"</a>")])
    assert (made.status, made.headers, made.code) == (103, [("link", "</a>")], None)
    made.take_head([(b":status", b"200"), (b"a", b"b")])
    assert (made.status, made.headers, made.code) == (200, [("a", "b")], None)


def test_there_is_no_switching_of_protocols() -> None:
    made = Http2Answer(Http2Session())
    made.take_informational([(b":status", b"101")])
    assert made.code is OutcomeCode.HTTP_MALFORMED


@pytest.mark.parametrize("status", [b"204", b"304"])
def test_a_length_of_what_is_never_sent_is_no_fault(status: bytes) -> None:
    made = answer((b":status", status), (b"content-length", b"1000"))
    made.complete()
    assert made.code is OutcomeCode.OK


def test_a_head_counts_as_memory_that_its_check_holds() -> None:
    allowance = Allowance()
    made = Http2Answer(Http2Session(), allowance)
    made.take_head([(b":status", b"200"), (b"server", b"demo")])
    assert allowance.held_bytes == len("serverdemo") + HEADER_OVERHEAD_BYTES
