import pytest

from services.prober.observe.redact import REDACTED, redacted


@pytest.mark.parametrize(
    "name",
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token", "x-csrf-token"],
)
def test_a_credential_is_taken_out(name: str) -> None:
    assert redacted([(name, "secret")]) == ((name, REDACTED),)


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("sid=secret; Path=/; HttpOnly", f"sid={REDACTED}; Path=/; HttpOnly"),
        ("sid=secret", f"sid={REDACTED}"),
        ("sid=a=b;Secure", f"sid={REDACTED};Secure"),
        ("secret", REDACTED),
        ("secret; Path=/", REDACTED),
        ("", REDACTED),
    ],
)
def test_of_a_cookie_name_and_flags_stay(cookie: str, shown: str) -> None:
    assert redacted([("set-cookie", cookie)]) == (("set-cookie", shown),)


@pytest.mark.parametrize(
    "header",
    [
        ("www-authenticate", 'Bearer realm="x"'),
        ("proxy-authenticate", "Basic"),
        ("content-type", "text/html"),
        ("location", "/login"),
    ],
)
def test_what_is_no_credential_stays(header: tuple[str, str]) -> None:
    assert redacted([header]) == (header,)
