"""Text of strangers is shown, and does nothing."""

import re

from outscope_client.cli.wording import cleaned, counted, in_markdown, shortened


def test_what_moves_the_cursor_is_left_out() -> None:
    assert cleaned("a\x1b[31mb\n\u202ec\u200b") == "a\ufffd[31mb\ufffd\ufffdc\ufffd"
    assert shortened("abcdef", 4) == "abc\u2026"
    assert shortened("abcd", 4) == "abcd"


def test_what_means_something_in_markdown_is_escaped() -> None:
    assert in_markdown("[a](b) | `c` <d>") == r"\[a\](b) \| \`c\` \<d\>"


def test_nothing_of_a_stranger_is_a_link_in_markdown() -> None:
    """None of the shapes is left that GitHub's and GitLab's renderers look for."""
    said = "https://evil.example WWW.evil.example ftp://x me@evil.example @everyone #1 !2 ~x %3 $4"
    shown = in_markdown(f"{said} &lt;b&gt; 50% & a # b")
    assert not re.search(r"://|www\.|[@#!~%$&]\w", shown, re.IGNORECASE)
    assert shown.replace("\u2060", "").replace("\\", "") == f"{said} &lt;b&gt; 50% & a # b"


def test_one_is_one_and_all_else_many() -> None:
    assert [counted(number, "day") for number in (0, 1, 2, -1)] == [
        "0 days",
        "1 day",
        "2 days",
        "-1 days",
    ]
