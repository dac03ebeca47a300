"""The names of the targets: those that answer, and those that never do."""

from ipaddress import ip_address

from bench.targets.names import silent_names, target_names


def test_each_name_has_an_address_of_this_machine() -> None:
    names = target_names(40) | silent_names(40)
    assert len(names) == 80
    assert all(ip_address(address).is_loopback for address in names.values())


def test_what_never_answers_shares_no_address_with_what_does() -> None:
    assert set(target_names(40).values()).isdisjoint(silent_names(40).values())
