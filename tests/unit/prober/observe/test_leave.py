import pytest

from services.prober.facts import CheckSpec
from services.prober.observe.leave import requests_of


@pytest.mark.parametrize(
    ("ports", "paths", "requests"),
    [((443,), ("/",), 1), ((80, 443), ("/",), 2), ((80, 443), ("/", "/a", "/b"), 4)],
)
def test_a_check_counts_its_ports_and_its_further_paths(
    ports: tuple[int, ...], paths: tuple[str, ...], requests: int
) -> None:
    assert requests_of(CheckSpec(fqdn="a.example", ports=ports, paths=paths)) == requests


def test_versions_of_tls_may_take_four_connections_more_to_each_port() -> None:
    spec = CheckSpec(fqdn="a.example", ports=(80, 443), paths=("/", "/a"), tls_versions=True)
    assert requests_of(spec) == 2 * (1 + 4) + 1


@pytest.mark.parametrize(("addresses", "requests"), [(0, 4), (1, 4), (2, 7), (8, 25)])
def test_with_all_addresses_each_of_them_counts_for_every_path(
    addresses: int, requests: int
) -> None:
    spec = CheckSpec(fqdn="a.example", paths=("/", "/a", "/b"), all_addresses=True)
    assert requests_of(spec, addresses) == requests


def test_redirects_are_counted_hop_by_hop_and_not_before() -> None:
    assert requests_of(CheckSpec(fqdn="a.example", max_redirects=5), 8) == 2
