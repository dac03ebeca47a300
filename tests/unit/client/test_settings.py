"""Where the settings of a client come from, and what is refused."""

import pytest
from outscope_client.errors import ConfigurationError
from outscope_client.settings import DEFAULT_URL, checked_url, settings_from

KEY = "svc_key"


def test_what_is_given_comes_before_the_environment() -> None:
    variables = {"OUTSCOPE_API_KEY": "svc_theirs", "OUTSCOPE_URL": "http://127.0.0.1:8080/"}
    given = settings_from(KEY, "https://own.example/", 5, 0, variables)
    assert (given.api_key, given.url) == (KEY, "https://own.example")
    told = settings_from(None, None, 5, 0, variables)
    assert (told.api_key, told.url) == ("svc_theirs", "http://127.0.0.1:8080")
    assert settings_from(KEY, None, 5, 0, {}).url == DEFAULT_URL


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(settings_from(KEY, None, 5, 0, {}))


@pytest.mark.parametrize("key", [None, "", "  ", "svc key", "svc_\u00e9", "svc_\nx"])
def test_a_key_that_is_none_is_refused(key: str | None) -> None:
    with pytest.raises(ConfigurationError, match="key"):
        settings_from(key, None, 5, 0, {})


@pytest.mark.parametrize("timeout_s", [0, -1])
def test_a_timeout_without_time_is_refused(timeout_s: float) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        settings_from(KEY, None, timeout_s, 0, {})


def test_a_negative_number_of_retries_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="max_retries"):
        settings_from(KEY, None, 1, -1, {})


@pytest.mark.parametrize(
    "url", ["api.outscope.es", "ftp://host", "https://", "https://u@host", "https://host?key=1"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        checked_url(url)
