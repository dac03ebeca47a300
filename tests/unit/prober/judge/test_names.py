import pytest

from services.prober.judge.names import is_below, registrable, same_site


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
