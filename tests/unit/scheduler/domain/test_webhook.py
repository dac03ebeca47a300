import base64
from ipaddress import ip_network

import pytest

from outscope.errors import InvalidRequest
from outscope.netguard.deny import deny_list_of
from outscope.netguard.policy import Policy
from services.scheduler.domain.check import CheckStatus
from services.scheduler.domain.webhook import (
    checked_events,
    checked_url,
    event_of,
    secret_text,
    warnings_of,
)

CLOSED = Policy()
LOOPBACK = Policy(allow=(ip_network("127.0.0.0/8"),))


@pytest.mark.parametrize(
    "url",
    [
        "https://your-app.com/webhook",
        "https://your-app.com",
        "https://your-app.com:8443/hook?x=1",
        "https://93.184.216.34/hook",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/hook",
        "https://bücher.example/hook",
        "HTTPS://Your-App.com/hook",
    ],
)
def test_an_https_url_of_a_public_host_is_taken(url: str) -> None:
    assert checked_url(url, CLOSED) == url
    assert checked_url(f" {url}\n", CLOSED) == url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "begins with https://"),
        ("your-app.com/webhook", "begins with https://"),
        ("ftp://your-app.com/", "begins with https://"),
        ("javascript:alert(1)", "begins with https://"),
        ("http://your-app.com/webhook", "begins with https://"),
        ("http://93.184.216.34/", "begins with https://"),
        ("https:///webhook", "no host"),
        ("https://user@your-app.com/", "user name or password"),
        ("https://:secret@your-app.com/", "user name or password"),
        ("https://your-app.com/#x", "fragment"),
        ("https://your-app.com/a b", "space"),
        ("https://your-app.com\\@evil.example/", "backslash"),
        ("https://your-app.com/\r\nx", "control character"),
        ("https://your-app.com:0/", "Port 0"),
        ("https://your-app.com:99999/", "not a URL"),
        ("https://[::1/", "not a URL"),
        ("https://[v1.x]/", "not an IPv6 address"),
        ("https://localhost/", "single label"),
        ("https://your_app.com/", "letters, digits and hyphens"),
        ("https://127.0.0.1/", "loopback"),
        ("https://169.254.169.254/latest", "network policy"),
        ("https://10.1.2.3/", "private"),
        ("https://[::1]/", "loopback"),
        ("https://[::ffff:127.0.0.1]/", "network policy"),
        ("https://[fe80::1%25eth0]/", "network policy"),
        ("https://2130706433/", "IP address"),
        ("https://0x7f.1/", "IP address"),
        ("https://127.1/", "IP address"),
        ("https://your-app.com/" + "a" * 2048, "characters long"),
    ],
)
def test_a_url_we_must_not_post_to_is_refused(url: str, told: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        checked_url(url, CLOSED)
    assert told in refused.value.message
    assert (refused.value.field, refused.value.value) == ("url", url)


def test_http_is_for_opened_networks_and_for_names_where_one_is_open() -> None:
    assert checked_url("http://127.0.0.1:9000/hook", LOOPBACK) == "http://127.0.0.1:9000/hook"
    assert checked_url("https://127.0.0.1/hook", LOOPBACK)
    assert checked_url("http://hook.example/", LOOPBACK)
    for url in ("http://93.184.216.34/", "http://10.0.0.1/", "https://10.0.0.1/"):
        with pytest.raises(InvalidRequest):
            checked_url(url, LOOPBACK)


def test_events_are_known_and_named_once() -> None:
    assert checked_events(["check.failed", "check.completed", "check.failed"]) == (
        "check.failed",
        "check.completed",
    )


def test_unknown_or_no_events_are_refused() -> None:
    with pytest.raises(InvalidRequest) as none:
        checked_events([])
    assert none.value.field == "events"
    with pytest.raises(InvalidRequest) as unknown:
        checked_events(["check.completed", "check.exploded"])
    assert (unknown.value.field, unknown.value.value) == ("events[1]", "check.exploded")
    assert "check.completed, check.failed" in unknown.value.message
    with pytest.raises(InvalidRequest) as endless:
        checked_events(["check.failed"] * 21)
    assert (endless.value.field, endless.value.value) == ("events", 21)


def test_the_secret_is_standard_webhooks_form() -> None:
    secret = secret_text(bytes(range(32)))
    assert secret.startswith("whsec_")
    assert base64.b64decode(secret.removeprefix("whsec_")) == bytes(range(32))
    with pytest.raises(ValueError, match="32 bytes"):
        secret_text(b"short")


def test_an_end_is_told_as_its_event() -> None:
    assert event_of(CheckStatus.COMPLETED) == "check.completed"
    assert event_of(CheckStatus.FAILED) == "check.failed"


def test_http_to_a_name_comes_with_a_warning() -> None:
    for url in ("http://hook.example/", "HTTP://hook.example:8080/x"):
        assert checked_url(url, LOOPBACK) == url
        [warning] = warnings_of(url)
        assert "--allow-net" in warning
        assert "target_refused" in warning


@pytest.mark.parametrize("url", ["https://hook.example/", "http://127.0.0.1:9/", "http://[::1]/"])
def test_what_is_certain_comes_without(url: str) -> None:
    assert warnings_of(url) == ()


@pytest.mark.parametrize(
    "url",
    ["https://Listed.example./hook", "https://a.below.example/", "https://93.184.216.34/hook"],
)
def test_what_the_operator_listed_is_refused_and_no_other_entry_told(url: str) -> None:
    listed = deny_list_of("listed.example\n*.below.example\n93.184.216.0/24\nother.example")
    with pytest.raises(InvalidRequest) as refused:
        checked_url(url, Policy(deny=listed))
    assert "denied by the operator's deny list" in refused.value.message
    for secret in ("below", "216.0", "other"):
        assert secret not in refused.value.message
    assert checked_url("https://free.example/", Policy(deny=listed))
