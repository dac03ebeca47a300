import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.observe.redact import REDACTED, redacted, redacted_address, redacted_words


@pytest.mark.parametrize(
    "name",
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token", "x-csrf-token"],
)
def test_a_credential_is_taken_out(name: str) -> None:
    assert redacted([(name, "secret")]) == ((name, REDACTED),)


@pytest.mark.parametrize(
    "name",
    [
        "x-amzn-oidc-data",
        "x-amzn-oidc-accesstoken",
        "x-user-token-v2",
        "x-forwarded-access-token",
        "x-auth-request-email",
        "x-authenticated-user",
        "app-secret",
        "x-db-password",
        "x-sessionid",
        "my-api-key-2",
        "x-apikey",
        "x-jwt-assertion",
        "x-goog-iap-jwt-assertion",
        "x-client-credential",
        "x-saml-assertion",
        "x-hub-signature-256",
    ],
)
def test_a_credential_is_known_by_what_its_name_holds(name: str) -> None:
    assert redacted([(name, "hidden")]) == ((name, REDACTED),)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        (("location", "/cb?code=abc&state=1"), f"/cb?code={REDACTED}&state=1"),
        (("location", "/cb#access_token=a.b&x=1"), f"/cb#access_token={REDACTED}&x=1"),
        (("location", "/a;jsessionid=1F?q=2"), f"/a;jsessionid={REDACTED}"),
        (("location", "/sso?SAMLResponse=PHM"), f"/sso?SAMLResponse={REDACTED}"),
        (
            ("location", "/f?X-Amz-Signature=1&key=k"),
            f"/f?X-Amz-Signature={REDACTED}&key={REDACTED}",
        ),
        (("refresh", "0; url=/a?token=t"), f"0; url=/a?token={REDACTED}"),
        (("link", '</a?sig=1>; rel="next"'), f'</a?sig={REDACTED}>; rel="next"'),
        (("location", "/a;v=1?token=t&x=y"), f"/a;v=1?token={REDACTED}&x=y"),
        (("location", "/a?u=/b?token=t"), f"/a?u=/b?token={REDACTED}"),
        (("location", "/a?token=t?x=y"), f"/a?token={REDACTED}"),
        (("location", f"/a?{'x' * 200}_token=t"), f"/a?{'x' * 200}_token={REDACTED}"),
        (("location", "/a?token=&x=y"), "/a?token=&x=y"),
        (("location", "/a?country_code=de&page=2"), "/a?country_code=de&page=2"),
    ],
)
def test_of_an_address_the_credentials_are_taken_out(header: tuple[str, str], shown: str) -> None:
    assert redacted([header]) == ((header[0], shown),)


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
        ("x-author", "Ann"),
        ("permissions-policy", "camera=()"),
        ("x-side", "left"),
    ],
)
def test_what_is_no_credential_stays(header: tuple[str, str]) -> None:
    assert redacted([header]) == (header,)


@given(st.text(alphabet="?&;#=/ tokenabc", max_size=60), st.text(alphabet="?=/abc", max_size=20))
def test_no_address_shows_the_value_of_its_secret(before: str, after: str) -> None:
    shown = redacted_address(f"{before}?token=HIDDEN{after}&x=1")
    assert "HIDDEN" not in shown
    assert shown.startswith(before.partition("?")[0].partition("&")[0].partition(";")[0][:3])
    assert redacted_address(shown) == shown


def test_an_address_of_nothing_but_parameters_costs_one_look_at_each() -> None:
    address = "?a=" * 10_000
    assert redacted_address(address) == address


def test_what_a_server_repeats_of_an_address_is_redacted_and_its_bytes_stay() -> None:
    assert redacted_words(b"\xff no /a?token=x&b=1") == b"\xff no /a?token=[redacted]&b=1"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://user:secret@x.test/a", "https://[redacted]@x.test/a"),
        ("https://u:p@ss@x.test/", "https://[redacted]@x.test/"),
        ("//user@x.test:81/", "//[redacted]@x.test:81/"),
        ("https:user:secret@x.test/a", "https:[redacted]@x.test/a"),
        ("HTTP:u:p@x.test", "HTTP:[redacted]@x.test"),
        ("mailto:user@x.test", "mailto:user@x.test"),
        ("/user:secret@x.test/a", "/[redacted]@x.test/a"),
        ("https://x.test/@user", "https://x.test/@user"),
        ("https://x.test/?to=a@b.test", "https://x.test/?to=a@b.test"),
        ("0; url=https://u:p@x.test/?code=1", "0; url=https://[redacted]@x.test/?code=[redacted]"),
    ],
)
def test_what_stands_before_a_host_is_taken_out(value: str, shown: str) -> None:
    assert redacted_address(value) == shown


def test_a_name_of_any_length_is_known_as_a_credential() -> None:
    name = f"{'x-' * 500}token"
    assert redacted([(name, "secret"), (name, "another")]) == ((name, REDACTED), (name, REDACTED))
