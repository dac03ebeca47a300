"""What holds of an answer in any version of HTTP."""

from collections.abc import Callable

import pytest

from services.prober.facts import OutcomeCode
from services.prober.observe.answer import Answer
from services.prober.observe.limits import HEADER_OVERHEAD_BYTES
from services.prober.observe.memory import Allowance
from services.prober.observe.response import ResponseReader
from tests.targets.http2 import head, piece
from tests.unit.prober.observe.conversing import answer_to, asked

Begun = Callable[[], Answer]


def over1() -> Answer:
    answer = ResponseReader()
    answer.feed(b"HTTP/1.1 200 OK\r\nServer: demo\r\nContent-Length: 9\r\n\r\nabc")
    return answer


def over2() -> Answer:
    return answer_to(head(("server", "demo"), ("content-length", "9")), piece(b"abc"))


@pytest.mark.parametrize("begun", [over1, over2])
def test_it_ends_once_and_what_was_read_stays(begun: Begun) -> None:
    answer = begun()
    assert not answer.ended
    answer.cut(OutcomeCode.HTTP_TIMEOUT)
    answer.cut(OutcomeCode.HTTP_RESET)
    answer.feed_eof()
    assert answer.code is OutcomeCode.HTTP_TIMEOUT
    assert (answer.status, answer.body, answer.truncated) == (200, b"abc", True)
    assert answer.header("server") == "demo"
    assert answer.header("absent") == ""
    assert not answer.keep_alive


@pytest.mark.parametrize("begun", [over1, over2])
def test_its_body_is_taken_once(begun: Begun) -> None:
    answer = begun()
    answer.feed_eof()
    assert answer.code is OutcomeCode.HTTP_CLOSED
    assert answer.taken_body() == b"abc"
    assert answer.body == b""
    assert answer.body_bytes == 3


@pytest.mark.parametrize("answer", [ResponseReader(), asked()[1]])
def test_what_never_began_shows_nothing(answer: Answer) -> None:
    answer.cut(OutcomeCode.HTTP_TIMEOUT)
    assert not answer.spoke_http
    assert (answer.body, answer.taken_body(), answer.body_bytes) == (b"", b"", 0)
    assert not answer.truncated
    assert (answer.http_version, answer.reason) == ("", "")


def test_the_head_of_an_answer_counts_as_memory_that_its_check_holds() -> None:
    allowance = Allowance()
    reader = ResponseReader(allowance)
    reader.feed(b"HTTP/1.1 200 OK\r\nServer: demo\r\n")
    reader.feed(b"Age: 1\r\n\r\n")
    assert allowance.held_bytes == len("serverdemoage1") + 2 * HEADER_OVERHEAD_BYTES
