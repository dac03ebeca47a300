"""What an operator may list, what that covers, and what a line that cannot be used is told."""

import re
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.netguard.deny import DenyList, DenyListError, deny_list_of
from outscope.netguard.policy import DenialKind, Policy

LISTED = """
# Asked us not to, ticket 12
example.com      # the shop
*.example.org
Bücher.example.
*.ÜBUNG.example

198.51.100.0/24
203.0.113.7
2001:db8:1::/48
"""


@pytest.mark.parametrize(
    ("name", "is_listed"),
    [
        ("example.com", True),
        ("EXAMPLE.COM.", True),
        ("www.example.com", False),
        ("notexample.com", False),
        ("com", False),
        ("example.org", False),
        ("www.example.org", True),
        ("a.b.Example.ORG", True),
        ("notexample.org", False),
        ("xn--bcher-kva.example", True),
        ("a.xn--bung-zra.example", True),
        ("", False),
        (".", False),
    ],
)
def test_a_name_covers_itself_and_a_wildcard_all_below(name: str, *, is_listed: bool) -> None:
    assert deny_list_of(LISTED).has_name(name) is is_listed


@pytest.mark.parametrize(
    ("address", "is_listed"),
    [
        ("198.51.100.0", True),
        ("198.51.100.255", True),
        ("198.51.99.255", False),
        ("198.51.101.0", False),
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("2001:db8:1::", True),
        ("2001:db8:1:ffff::1", True),
        ("2001:db8:2::1", False),
        ("::c633:6400", False),  # the number of 198.51.100.0 in the other family
    ],
)
def test_a_range_covers_its_addresses(address: str, *, is_listed: bool) -> None:
    assert deny_list_of(LISTED).has_address(ip_address(address)) is is_listed


def test_every_entry_counts_and_comments_do_not() -> None:
    assert deny_list_of(LISTED).size == 7
    assert deny_list_of("\n# nothing\n  \n") == DenyList()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("https://example.com", "neither a name nor a range"),
        ("example.com:443", "neither a name nor a range"),
        ("example.com/path", "neither a name nor a range"),
        ("two names.example", "neither a name nor a range"),
        ("*", "neither a name nor a range"),
        ("*.", "neither a name nor a range"),
        ("a.*.example", "neither a name nor a range"),
        (".example.com", "*.example.com"),
        ("example..com", "neither a name nor a range"),
        ("256.1.1.1", "neither a name nor a range"),
        ("127.1", "neither a name nor a range"),
        ("*.1.2.3.4", "neither a name nor a range"),
        ("\uff11\uff12\uff17.0.0.1", "neither a name nor a range"),
        ("198.51.100.7/24", "write 198.51.100.0/24 for the range, or 198.51.100.7"),
        ("2001:db8::1/32", "write 2001:db8::/32 for the range"),
        ("☕.example", "xn--"),
        ("a" * 64 + ".example", "neither a name nor a range"),
        ("a." * 130 + "example", "neither a name nor a range"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_what_to_write(line: str, told: str) -> None:
    with pytest.raises(DenyListError) as fault:
        deny_list_of(f"good.example\n# so far\n{line}\n")
    assert str(fault.value).startswith("line 3: ")
    assert told in str(fault.value)
    assert "\n" not in str(fault.value)


@given(st.ip_addresses(v=4), st.integers(0, 32), st.ip_addresses(v=4))
def test_a_range_is_found_as_the_standard_library_finds_it(
    base: IPv4Address, length: int, address: IPv4Address
) -> None:
    network = IPv4Network((int(base), length), strict=False)
    assert deny_list_of(str(network)).has_address(address) is (address in network)


@given(st.text(max_size=60))
def test_any_text_is_a_list_or_refused_with_a_line(text: str) -> None:
    try:
        told = f"{deny_list_of(text).size} entries"
    except DenyListError as fault:
        told = str(fault)
    assert re.match(r"line \d+: |\d+ entries", told)


def test_what_is_listed_is_denied_whatever_is_allowed() -> None:
    policy = Policy(allow=(ip_network("198.51.100.0/24"),), deny=deny_list_of("198.51.100.7"))
    assert policy.denial_for(ip_address("198.51.100.8")) is None
    denial = policy.denial_for(ip_address("198.51.100.7"))
    assert denial is not None
    assert (denial.kind, denial.network) == (DenialKind.LISTED, None)


@pytest.mark.parametrize("disguise", ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"])
def test_a_listed_address_is_denied_in_every_disguise(disguise: str) -> None:
    policy = Policy(deny=deny_list_of("8.8.8.0/24"))
    assert Policy().denial_for(ip_address(disguise)) is None
    assert policy.denial_for(ip_address(disguise)) is not None


def test_a_denial_tells_nothing_of_the_list_but_that_it_applies() -> None:
    policy = Policy(deny=deny_list_of("*.secret.example\n8.8.0.0/16"))
    by_address, by_name = (
        policy.denial_for(ip_address("8.8.8.8")),
        policy.denial_for_name("a.secret.example"),
    )
    assert str(by_address) == "8.8.8.8 is denied by the operator's deny list"
    assert str(by_name) == "this name is denied by the operator's deny list"
    assert policy.denial_for_name("secret.example") is None
