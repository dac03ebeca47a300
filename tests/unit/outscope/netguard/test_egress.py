from base64 import b64encode

import pytest

from outscope.netguard.egress import egress_proxy


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy.internal:8080", "http://proxy.internal:8080"),
        ("http://proxy.internal", "http://proxy.internal:3128"),
        ("http://[fd00::1]:3128/", "http://[fd00::1]:3128"),
        ("http://user:pass@10.0.0.1:3128", "http://10.0.0.1:3128"),
    ],
)
def test_a_proxy_is_its_host_and_port(url: str, proxy: str) -> None:
    assert egress_proxy(url).url == proxy


def test_credentials_are_decoded_and_never_printed() -> None:
    proxy = egress_proxy("http://user:p%40ss@proxy.internal:3128")
    assert proxy.headers == {"Proxy-Authorization": f"Basic {b64encode(b'user:p@ss').decode()}"}
    assert "p@ss" not in repr(proxy)
    assert "p%40ss" not in repr(proxy)
    assert egress_proxy("http://proxy.internal").headers == {}
