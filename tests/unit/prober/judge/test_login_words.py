import pytest

from services.prober.judge.login_words import (
    LOGIN_LABELS,
    MAILING_LABELS,
    REGISTER_LABELS,
    first_in,
    is_register_address,
    login_address_word,
)


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/Login.aspx",
        "/wp-login.php",
        "/user/sign_in",
        "/accounts/signin",
        "/auth",
        "/sso/start",
        "/oauth2/authorize",
        "/session/new",
        "/log-in?next=/",
        "/logon",
    ],
)
def test_login_addresses(path: str) -> None:
    assert login_address_word(path) is not None


@pytest.mark.parametrize(
    "path", ["/", "/blogindex", "/authors", "/author/x", "/logout", "/designing", "/assortment"]
)
def test_addresses_that_only_look_alike(path: str) -> None:
    assert login_address_word(path) is None


@pytest.mark.parametrize("path", ["/register", "/users/sign_up", "/join", "/password/reset"])
def test_addresses_to_register_or_reset_at(path: str) -> None:
    assert is_register_address(path)


def test_labels_are_lower_case_so_that_they_can_match() -> None:
    for label in (*LOGIN_LABELS, *REGISTER_LABELS, *MAILING_LABELS):
        assert label == label.lower()


def test_the_first_label_found_is_returned() -> None:
    assert first_in(LOGIN_LABELS, "bitte anmelden") == "anmelden"
    assert first_in(LOGIN_LABELS, "nothing") is None
