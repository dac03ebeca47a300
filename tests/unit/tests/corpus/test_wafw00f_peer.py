import pytest

from services.prober.facts import HostFacts
from tests.corpus import wafw00f_peer
from tests.corpus.facts import host_facts
from tests.corpus.wafw00f_peer import vendors_by_wafw00f, vendors_known_to_it


def host(status: int, headers: list[list[str]], body: str = "", reason: str = "OK") -> HostFacts:
    answer = {"status": status, "reason": reason, "headers": headers, "body": body}
    return host_facts({"fqdn": "shop.example.com", "paths": [answer]})


installed = pytest.mark.skipif(not wafw00f_peer.is_installed(), reason=wafw00f_peer.NOT_INSTALLED)
pytestmark = pytest.mark.filterwarnings("ignore::Warning")  # of a package that is not ours


@installed
def test_its_plugins_see_headers_cookies_bodies_and_reasons() -> None:
    assert vendors_by_wafw00f(host(200, [["CF-RAY", "1"]])) == {"Cloudflare"}
    cookies = [["Set-Cookie", "a=1"], ["Set-Cookie", "BIGipServerp=1"]]
    assert vendors_by_wafw00f(host(200, cookies)) == {"F5"}
    assert vendors_by_wafw00f(host(403, [], "Request unsuccessful. Incapsula incident ID: 1")) == {
        "Imperva"
    }
    assert vendors_by_wafw00f(host(403, [], reason="ModSecurity Action")) == {"ModSecurity"}


@installed
def test_whom_it_knows_is_told_by_our_names() -> None:
    assert vendors_known_to_it() >= {"Cloudflare", "F5", "Imperva", "Akamai"}
    assert "DataDome" not in vendors_known_to_it()


@installed
def test_it_names_nobody_on_a_plain_page() -> None:
    assert vendors_by_wafw00f(host(200, [["Server", "nginx"]], "<p>Shoes</p>")) == set()


@pytest.mark.skipif(wafw00f_peer.is_installed(), reason="wafw00f is installed")
def test_without_it_there_is_a_clear_error() -> None:
    with pytest.raises(ImportError, match="wafw00f"):
        vendors_by_wafw00f(host(200, []))
