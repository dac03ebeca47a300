import pytest
from starlette.datastructures import Headers

from services.gateway.console.origin import is_https, is_own_form, own_path


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://a", "host": "a"}, False),
        ({"origin": "http://a:8080", "host": "a:8080"}, True),
        ({"origin": "http://evil.test", "host": "a"}, False),
        ({"origin": "null", "host": "a"}, False),
        ({"origin": "http://[", "host": "a"}, False),
        ({"origin": "null", "host": ""}, False),
        ({"host": "a"}, False),
    ],
)
def test_only_a_form_of_the_same_origin_is_ours(headers: dict[str, str], is_own: bool) -> None:  # noqa: FBT001 - a table
    assert is_own_form(Headers(headers)) is is_own


def test_https_may_end_at_a_proxy() -> None:
    assert is_https("https", Headers({}))
    assert is_https("http", Headers({"x-forwarded-proto": "https, http"}))
    assert not is_https("http", Headers({}))


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/checks?status=failed", "/checks?status=failed"),
        ("//evil.test/", "/"),
        ("//[", "/"),
        ("/\\[", "/"),
        ("/\\evil.test/", "/"),
        ("\\\\evil.test", "/"),
        ("https://evil.test/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("", "/"),
    ],
)
def test_one_goes_on_only_within_the_console(asked: str, path: str) -> None:
    assert own_path(asked) == path
