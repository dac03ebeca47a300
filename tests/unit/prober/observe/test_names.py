import pytest

from services.prober.observe.names import covers


@pytest.mark.parametrize(
    ("names", "fqdn", "covered"),
    [
        (["example.com"], "example.com", True),
        (["EXAMPLE.com"], "example.COM", True),
        (["example.com."], "example.com", True),
        (["other.com", "example.com"], "example.com", True),
        (["*.example.com"], "www.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "a.b.example.com", False),
        (["*.com"], "example.com", False),
        (["*"], "example", False),
        (["w*.example.com"], "www.example.com", False),
        (["www.*.com"], "www.example.com", False),
        (["example.com"], "www.example.com", False),
        (["www.example.com"], "example.com", False),
        (["127.0.0.1"], "example.com", False),
        ([], "example.com", False),
        ([""], "example.com", False),
    ],
)
def test_a_name_is_covered_as_rfc_9525_says(names: list[str], fqdn: str, *, covered: bool) -> None:
    assert covers(names, fqdn) is covered
