import pytest
from starlette.datastructures import Headers

from outscope.apikey import new_api_key
from outscope.errors import Unauthorized
from services.gateway.auth import api_key_of

KEY = new_api_key()
OTHER = new_api_key()


def headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.encode(), value.encode()) for name, value in pairs])


@pytest.mark.parametrize(
    "pairs",
    [
        [("x-api-key", KEY)],
        [("authorization", f"Bearer {KEY}")],
        [("authorization", f"bearer  {KEY} ")],
        [("x-api-key", KEY), ("authorization", f"Bearer {KEY}")],
        [("x-api-key", KEY), ("authorization", "Basic dXNlcjpwYXNz")],
        [("x-api-key", KEY), ("x-api-key", KEY)],
    ],
)
def test_a_key_is_found_in_either_header(pairs: list[tuple[str, str]]) -> None:
    assert api_key_of(headers(*pairs)) == KEY


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([], "no API key"),
        ([("authorization", "Basic dXNlcjpwYXNz")], "no API key"),
        ([("authorization", KEY)], "no API key"),
        ([("x-api-key", "")], "mistyped"),
        ([("authorization", "Bearer ")], "mistyped"),
        ([("x-api-key", "svc_your_key_here")], "mistyped"),
        ([("x-api-key", KEY.swapcase())], "mistyped"),
        ([("x-api-key", KEY), ("x-api-key", OTHER)], "several"),
        ([("x-api-key", KEY), ("authorization", f"Bearer {OTHER}")], "several"),
    ],
)
def test_anything_else_is_refused_without_being_repeated(
    pairs: list[tuple[str, str]], told: str
) -> None:
    with pytest.raises(Unauthorized, match=told) as caught:
        api_key_of(headers(*pairs))
    assert "svc_" not in caught.value.message
    assert caught.value.field is None


def test_one_wrong_character_is_a_typo() -> None:
    wrong = "0" if KEY[10] != "0" else "1"
    with pytest.raises(Unauthorized):
        api_key_of(headers(("x-api-key", KEY[:10] + wrong + KEY[11:])))
