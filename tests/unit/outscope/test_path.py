import contextlib
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.errors import InvalidRequest
from outscope.path import normalised_path


@pytest.mark.parametrize(
    ("given_path", "expected"),
    [
        ("/", "/"),
        ("/api/v1/users", "/api/v1/users"),
        ("/search?q=a&b=c", "/search?q=a&b=c"),
        ("/a b", "/a%20b"),
        ("/größe", "/gr%C3%B6%C3%9Fe"),
        ("/a%20b", "/a%20b"),
        ("/100%", "/100%25"),
        ("/%zz", "/%25zz"),
        ("/%2", "/%252"),
        ('/"<>`{}|\\^', "/%22%3C%3E%60%7B%7D%7C%5C%5E"),
        ("//double", "//double"),
        ("/../etc", "/../etc"),
        ("/😀", "/%F0%9F%98%80"),
        ("/~user;v=1,2:3@x!$&'()*+", "/~user;v=1,2:3@x!$&'()*+"),
        ("/" + "a" * 2047, "/" + "a" * 2047),
    ],
)
def test_a_path_is_percent_encoded_where_needed(given_path: str, expected: str) -> None:
    assert normalised_path(given_path, field="paths[0]") == expected


@pytest.mark.parametrize(
    ("given_path", "told"),
    [
        ("", "begins with a slash"),
        ("api", "begins with a slash"),
        ("https://example.com/", "begins with a slash"),
        ("/" + "a" * 2048, "2049 characters long"),
        ("/a\r\nHost: evil", "U+000D"),
        ("/a\x00", "U+0000"),
        ("/a\x7f", "U+007F"),
        ("/a\x85", "U+0085"),
        ("/docs#intro", "fragment"),
        ("/\ud800", "half a character"),
    ],
)
def test_what_cannot_stand_in_a_request_line_is_refused(given_path: str, told: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        normalised_path(given_path, field="paths[3]")
    assert told in refused.value.message
    assert (refused.value.field, refused.value.value) == ("paths[3]", given_path)


@given(st.text(max_size=60).map(lambda text: f"/{text}"))
def test_a_normalised_path_is_plain_and_stays_as_it_is(text: str) -> None:
    try:
        once = normalised_path(text, field="paths[0]")
    except InvalidRequest:
        return
    assert once.isascii()
    assert once.isprintable()
    assert " " not in once
    assert normalised_path(once, field="paths[0]") == once


def test_no_path_has_white_space_or_the_end_of_a_line_in_it() -> None:
    for letter in map(chr, range(sys.maxunicode + 1)):
        if letter.isspace() or len(f"a{letter}b".splitlines()) > 1:
            with contextlib.suppress(InvalidRequest):
                normalised = normalised_path(f"/a{letter}b", field="paths[0]")
                assert len(normalised.split()) == len(normalised.splitlines()) == 1
