from base64 import b64encode
from ipaddress import ip_address

import pytest

from outscope.netguard.egress import egress_proxy, tunnel_request


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://proxy.internal:8080", "proxy.internal", 8080),
        ("http://proxy.internal", "proxy.internal", 3128),
        ("http://[fd00::1]:3129/", "fd00::1", 3129),
        ("http://user:pass@10.0.0.1:3128", "10.0.0.1", 3128),
    ],
)
def test_a_proxy_is_its_host_and_port(url: str, host: str, port: int) -> None:
    proxy = egress_proxy(url)
    assert (proxy.host, proxy.port) == (host, port)


@pytest.mark.parametrize(
    ("address", "authority"),
    [("192.0.2.1", b"192.0.2.1:8443"), ("2001:db8::1", b"[2001:db8::1]:8443")],
)
def test_a_tunnel_is_asked_for_by_address_and_port(address: str, authority: bytes) -> None:
    proxy = egress_proxy("http://user:pass@proxy.internal")
    request = tunnel_request(proxy, ip_address(address), 8443)
    told = b64encode(b"user:pass")
    assert request == (
        b"CONNECT %b HTTP/1.1\r\nHost: %b\r\nProxy-Authorization: Basic %b\r\n\r\n"
        % (authority, authority, told)
    )


def test_credentials_are_decoded_and_never_printed() -> None:
    proxy = egress_proxy("http://user:p%40ss@proxy.internal:3128")
    assert proxy.headers == {"Proxy-Authorization": f"Basic {b64encode(b'user:p@ss').decode()}"}
    assert "p@ss" not in repr(proxy)
    assert "p%40ss" not in repr(proxy)
    assert egress_proxy("http://proxy.internal").headers == {}
