from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from services.gateway.console.session import (
    LIFETIME_S,
    Sessions,
    cookie_name,
    is_session_key,
    session_cookie,
)

NOW = datetime(2026, 4, 21, 10, tzinfo=UTC)
KEY, OTHER = (Fernet.generate_key().decode() for _ in range(2))


def at(moment: datetime, *keys: str) -> Sessions:
    return Sessions(keys, lambda: moment)


def test_a_session_is_opened_by_every_gateway_that_has_the_key() -> None:
    sealed = at(NOW, KEY).sealed("svc_secret")
    assert "svc_secret" not in sealed
    assert at(NOW, KEY).opened(sealed) == "svc_secret"
    assert at(NOW, OTHER, KEY).opened(sealed) == "svc_secret"
    assert at(NOW, OTHER).opened(sealed) is None


def test_without_keys_each_process_has_its_own() -> None:
    sessions = at(NOW)
    assert sessions.opened(sessions.sealed("svc_secret")) == "svc_secret"
    assert at(NOW).opened(sessions.sealed("svc_secret")) is None


def test_a_session_ends_after_its_time() -> None:
    sealed = at(NOW, KEY).sealed("svc_secret")
    assert at(NOW + timedelta(seconds=LIFETIME_S - 1), KEY).opened(sealed) == "svc_secret"
    assert at(NOW + timedelta(seconds=LIFETIME_S + 1), KEY).opened(sealed) is None


@pytest.mark.parametrize("text", ["", "x", "gAAAA", "\u00e9"])
def test_what_was_not_sealed_opens_nothing(text: str) -> None:
    assert at(NOW, KEY).opened(text) is None


def test_a_cookie_is_for_the_browser_alone() -> None:
    plain = session_cookie("sealed", is_secure=False)
    assert (
        plain == f"outscope_session=sealed; HttpOnly; Max-Age={LIFETIME_S}; Path=/; SameSite=Strict"
    )
    secure = session_cookie("sealed", is_secure=True)
    assert secure.startswith("__Host-outscope_session=sealed;")
    assert "Secure" in secure
    assert "Domain" not in secure
    assert cookie_name(is_secure=True) == "__Host-outscope_session"
    assert "Max-Age=0" in session_cookie("", is_secure=False)


def test_a_key_has_32_bytes() -> None:
    assert is_session_key(KEY)
    assert not is_session_key(KEY[:-4])
    assert not is_session_key("hunter2")
