import pytest

from services.notifier.request import UnsafeHeader, request_head, target_of


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port"),
    [
        ("https://hook.example/", "https", "hook.example", 443),
        ("http://hook.example", "http", "hook.example", 80),
        ("https://hook.example.:8443/a", "https", "hook.example", 8443),
        ("https://[fd00::1]:8443/a", "https", "fd00::1", 8443),
        ("https://bücher.example/", "https", "xn--bcher-kva.example", 443),
    ],
)
def test_a_target_is_where_its_url_leads(url: str, scheme: str, host: str, port: int) -> None:
    target = target_of(url)
    assert target is not None
    assert (target.scheme, target.host, target.port) == (scheme, host, port)


@pytest.mark.parametrize(
    "url", ["ftp://hook.example/", "file:///etc/passwd", "hook", "https://", "https://a:99999/", ""]
)
def test_what_cannot_be_posted_to_is_no_target(url: str) -> None:
    assert target_of(url) is None


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("https://hook.example", "POST / HTTP/1.1", "hook.example"),
        ("https://hook.example:443/a?b=1#c", "POST /a?b=1 HTTP/1.1", "hook.example"),
        ("https://hook.example:8443/a b", "POST /a%20b HTTP/1.1", "hook.example:8443"),
        ("http://[fd00::1]:81/ä", "POST /%C3%A4 HTTP/1.1", "[fd00::1]:81"),
        ("https://hook.example/\r\nx: y", "POST /x:%20y HTTP/1.1", "hook.example"),
    ],
)
def test_a_request_begins_as_its_url_says(url: str, line: str, host: str) -> None:
    target = target_of(url)
    assert target is not None
    head = request_head(target, {}, 0).decode()
    assert head.startswith(f"{line}\r\nHost: {host}\r\n")


def test_a_head_is_its_headers_in_order_the_length_and_an_empty_line() -> None:
    target = target_of("https://hook.example/")
    assert target is not None
    head = request_head(target, {"webhook-id": "msg_1", "x-name": "é"}, 26).decode()
    assert head.split("\r\n")[2:] == [
        "Accept: */*",
        "webhook-id: msg_1",
        "x-name: é",
        "Content-Length: 26",
        "",
        "",
    ]


@pytest.mark.parametrize("breaking", ["\r\n", "\n", "\r", "\0", "\r\n\r\n"])
def test_what_would_break_out_of_its_line_is_not_sent(breaking: str) -> None:
    target = target_of("https://hook.example/")
    assert target is not None
    with pytest.raises(UnsafeHeader):
        request_head(target, {"x-mine": f"a{breaking}x-other: b"}, 2)
    with pytest.raises(UnsafeHeader):
        request_head(target, {f"x-mine{breaking}": "a"}, 2)
