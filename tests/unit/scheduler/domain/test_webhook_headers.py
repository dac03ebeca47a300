import pytest

from outscope.errors import InvalidRequest
from services.scheduler.domain.webhook_headers import (
    MAX_HEADERS,
    MAX_HEADERS_CHARS,
    MAX_NAME_CHARS,
    MAX_VALUE_CHARS,
    checked_headers,
    headers_in,
    headers_text,
)


def refused(headers: dict[str, str]) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as raised:
        checked_headers(headers)
    return raised.value


def test_headers_keep_the_case_of_their_names_and_lose_space_around_values() -> None:
    asked = {"Authorization": "Bearer a b", "x-tenant": " 1\t"}
    assert checked_headers(asked) == {"Authorization": "Bearer a b", "x-tenant": "1"}
    assert checked_headers({}) == {}


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "content-length", "Content-Type", "CONTENT-ENCODING", "transfer-encoding"),
        *("Connection", "keep-alive", "TE", "Trailer", "Upgrade", "Proxy-Authorization"),
        *("proxy-connection", "Expect", "User-Agent", "webhook-id", "Webhook-Signature"),
        *("content_length", "Webhook_Signature"),
        *("webhook-anything", "", "two words", "x:y", "x\r\ny", "ñ", "x" * (MAX_NAME_CHARS + 1)),
    ],
)
def test_a_name_that_frames_routes_or_verifies_or_is_none_is_refused(name: str) -> None:
    assert refused({name: "1"}).field == f"headers.{name[:MAX_NAME_CHARS]}"


@pytest.mark.parametrize(
    "value",
    ["", " ", "s3cret\r\nX: 1", "s3cret\n", "s3cret\0", "s3cret\x7f", "s3crét", "s3cret\t1"],
)
def test_a_value_that_could_end_its_line_is_refused_and_not_shown(value: str) -> None:
    refusal = refused({"X-Key": value})
    assert refusal.field == "headers.X-Key"
    assert "s3cr" not in f"{refusal.message} {refusal.value} {refusal.details}"


def test_one_name_in_two_cases_is_refused() -> None:
    assert refused({"X-Key": "1", "x-key": "2"}).field == "headers.x-key"


def test_number_and_size_have_bounds() -> None:
    many = {f"x-{number}": "1" for number in range(MAX_HEADERS)}
    assert checked_headers(many) == many
    assert refused({**many, "x-more": "1"}).field == "headers"
    longest = {"x": "1" * MAX_VALUE_CHARS}
    assert checked_headers(longest) == longest
    assert refused({"x": "1" * (MAX_VALUE_CHARS + 1)}).field == "headers.x"
    half = MAX_HEADERS_CHARS // 2 - 1
    assert len(checked_headers({"x": "1" * half, "y": "1" * half})) == 2
    assert refused({"x": "1" * half, "y": "1" * (half + 1)}).field == "headers"


def test_what_is_stored_is_what_comes_back() -> None:
    headers = {"Authorization": 'Bearer "a\\b"', "x-tenant": "1"}
    assert headers_in(headers_text(headers)) == headers
