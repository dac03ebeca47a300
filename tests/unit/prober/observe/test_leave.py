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
