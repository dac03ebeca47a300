"""How much of an answer is taken in, and for how long."""

import pytest
from outscope_client.errors import UnreadableAnswerError
from outscope_client.intake import MOST_BYTES, Intake

from tests.unit.client.stepping import Clock, settings


def test_an_answer_is_its_parts() -> None:
    intake = Intake(settings(), 10)
    assert intake.take(b"a")
    assert intake.take(b"b")
    assert intake.content == b"ab"


def test_an_answer_may_be_so_large_and_no_larger() -> None:
    intake = Intake(settings(), 10)
    assert intake.take(b"x" * MOST_BYTES)
    with pytest.raises(UnreadableAnswerError, match="more than 33554432 bytes"):
        intake.take(b"x")
    assert intake.content == b""


def test_a_part_that_comes_late_is_told() -> None:
    clock = Clock()
    intake = Intake(settings(monotonic=clock), 10)
    clock.now_s += 9
    assert intake.take(b"a")
    clock.now_s += 1
    assert not intake.take(b"b")
