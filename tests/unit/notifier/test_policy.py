"""Where plain http may go."""

from ipaddress import ip_address, ip_network

import pytest

from outscope.netguard.deny import deny_list_of
from services.notifier.policy import PlainHttpPolicy

OPENED = PlainHttpPolicy(
    allow=(ip_network("127.0.0.0/8"), ip_network("8.8.8.0/24"), ip_network("169.254.0.0/16"))
)


@pytest.mark.parametrize("address", ["127.0.0.1", "8.8.8.8"])
def test_plain_http_may_go_into_an_opened_range(address: str) -> None:
    assert OPENED.denial_for(ip_address(address)) is None


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.9.1", "10.0.0.1", "2606:4700::1111", "::1"])
def test_plain_http_may_go_nowhere_else_also_where_https_may(address: str) -> None:
    denial = OPENED.denial_for(ip_address(address))
    assert denial is not None
    assert "https is required" in str(denial)


def test_without_an_opened_range_plain_http_goes_nowhere() -> None:
    assert PlainHttpPolicy().denial_for(ip_address("1.1.1.1")) is not None


def test_the_metadata_address_stays_denied_inside_an_opened_range() -> None:
    denial = OPENED.denial_for(ip_address("169.254.169.254"))
    assert denial is not None
    assert "https is required" not in str(denial)


def test_what_the_operator_listed_is_denied_inside_an_opened_range() -> None:
    listing = PlainHttpPolicy(OPENED.allow, deny_list_of("127.0.0.1\nlisted.example"))
    denial = listing.denial_for(ip_address("127.0.0.1"))
    assert denial is not None
    assert "deny list" in str(denial)
    assert listing.denial_for(ip_address("127.0.0.2")) is None
    assert listing.denial_for_name("listed.example") is not None
