import pytest

from services.prober.judge.names import (
    address_for_people,
    endpoint_of,
    is_below,
    registrable,
    same_site,
    web_host_of,
    without_userinfo,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("example.com", "example.com"),
        ("example.com", "www.example.com"),
        ("a.example.com", "b.example.com"),
        ("a.example.co.uk", "www.example.co.uk"),
        ("example.com.", "example.com"),
        ("shop.example.de", "example.de"),
    ],
)
def test_names_of_one_site(one: str, other: str) -> None:
    assert same_site(one, other)
    assert same_site(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("example.com", "example.org"),
        ("one.co.uk", "other.co.uk"),
        ("one.com.au", "other.com.au"),
        ("one.github.io", "other.github.io"),
        ("one.azurewebsites.net", "other.azurewebsites.net"),
        ("notexample.com", "example.com"),
        ("192.0.2.1", "192.0.3.1"),
        ("2001:db8::1", "2001:db8::2"),
        ("", "example.com"),
    ],
)
def test_names_of_different_sites(one: str, other: str) -> None:
    assert not same_site(one, other)


def test_what_is_registered_is_guessed_from_the_shape() -> None:
    assert registrable("a.b.example.com") == "example.com"
    assert registrable("a.example.co.uk") == "example.co.uk"
    assert registrable("x.run.app") == "x.run.app"
    assert registrable("192.0.2.1") == "192.0.2.1"


def test_below_is_by_labels() -> None:
    assert is_below("a.okta.com", "okta.com")
    assert is_below("okta.com", "okta.com")
    assert not is_below("notokta.com", "okta.com")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.Example.com:8443/x", "shop.example.com"),
        ("HTTP://a/", "a"),
        ("ftp://a/", ""),
        ("//a/", ""),
        ("javascript:x", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_have_a_web_host(url: str, host: str) -> None:
    assert web_host_of(url) == host


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@a.example/x?q=1#f", "https://a.example/x"),
        ("https://[", ""),
        ("https://a.example/" + "x" * 500, "https://a.example/" + "x" * 182),
    ],
)
def test_an_address_for_people_is_short_and_carries_no_credential(url: str, shown: str) -> None:
    assert address_for_people(url) == shown


@pytest.mark.parametrize("userinfo", ["u:p", "[redacted]", "a@b:c", ""])
def test_what_stands_before_a_host_hides_it_from_nobody(userinfo: str) -> None:
    url = f"https://{userinfo}@idp.example:8443/login?next=a@b"
    assert without_userinfo(url) == "https://idp.example:8443/login?next=a@b"
    assert web_host_of(url) == "idp.example"
    assert endpoint_of(url) == ("idp.example", 8443)


@pytest.mark.parametrize("url", ["https://a/b@c", "/a@b", "//a?b@c", "mailto:a@b", "a@b", ""])
def test_an_at_sign_elsewhere_is_no_userinfo(url: str) -> None:
    assert without_userinfo(url) == url
