import re
import time

import pytest

from services.prober.judge.pack_patterns import fault_in


@pytest.mark.parametrize(
    "pattern",
    [
        "^ts01[0-9a-f]{6}",
        r"id\s{0,4}=\s{0,4}[\"']?root",
        "(?:one|two) walls?",
        "(?<!b)login(?![a-z]{2})",
        r"\d{1,4}",
        "(?:ab){2}",
        "a{0,64}+b",
        "[*+]{2}",
        r"\*\+",
    ],
)
def test_a_bounded_pattern_is_taken(pattern: str) -> None:
    assert fault_in(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("", "it has none"),
        ("a" * 201, "over 200 characters"),
        ("Wall", "write it in lower case"),
        ("(wall", "it is no pattern"),
        ("a*", "without an end"),
        ("a+b", "without an end"),
        ("a++b", "without an end"),
        ("a{2,}", "without an end"),
        ("(?:a+)+$", "without an end"),
        ("(?:a{1,9}){1,9}", "repeats what repeats"),
        ("(?:a|ab){1,9}", "repeats what repeats or chooses"),
        ("(?:(?:a?)){1,9}", "repeats what repeats"),
        ("a{0,400}", "over 256"),
        (r"\s{0,64}\s{0,64}x", "4225 ways"),
        ("a?" * 11, "2048 ways"),
        (r"(a)\1", "reference"),
        ("(?p<n>a)", "no pattern"),
        ("(?i)wall", "of a kind that is not used"),
        ("(?>wall)", "of a kind that is not used"),
    ],
)
def test_what_may_take_long_or_means_something_else_is_refused(pattern: str, fault: str) -> None:
    assert fault in fault_in(pattern)


def test_what_is_taken_is_quick_on_the_worst_of_texts() -> None:
    pattern = r"\s{0,30}=\s{0,30}x"
    assert fault_in(pattern) == ""
    worst = (" " * 30 + "=") * 2000
    started = time.thread_time()
    assert re.search(pattern, worst) is None
    assert time.thread_time() - started < 1
