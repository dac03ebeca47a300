import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

from services.prober.facts import OutcomeCode, Timing
from services.prober.observe.exchange import Endpoint, Exchange
from services.prober.observe.http2 import Http2Session
from tests.targets.http2 import SETTINGS_FRAME, head, piece

ANSWER = (
    b"HTTP/1.1 302 Found\r\nServer: demo\r\nLocation: /login\r\nSet-Cookie: a=1\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nContent-Length: 18\r\n\r\n<title>Hi</title>\n"
)


@pytest.mark.parametrize(
    ("scheme", "port", "url"),
    [
        ("https", 443, "https://a.test/x"),
        ("https", 8443, "https://a.test:8443/x"),
        ("http", 80, "http://a.test/x"),
        ("http", 443, "http://a.test:443/x"),
    ],
)
def test_a_url_names_the_port_only_when_it_must(scheme: str, port: int, url: str) -> None:
    endpoint = Endpoint(scheme=scheme, fqdn="a.test", port=port)
    assert endpoint.url("/x") == url
    assert f"Host: {url.split('/')[2]}\r\n".encode() in Exchange(endpoint, "/x").request("me")


def test_the_facts_are_those_of_the_answer() -> None:
    exchange = Exchange(Endpoint(scheme="https", fqdn="a.test", port=443), "/x")
    exchange.begin(10.0)
    exchange.receive(ANSWER, 10.125)
    exchange.end(10.25)
    facts = exchange.facts()
    assert facts.outcome.code is OutcomeCode.OK
    assert facts.outcome.duration_ms == 250
    assert facts.timing == Timing(first_byte_ms=125, total_ms=250)
    assert facts.path == "/x"
    assert facts.status == 302
    assert facts.reason == "Found"
    assert facts.location == "/login"
    assert facts.server == "demo"
    assert facts.title == "Hi"
    assert facts.charset == "utf-8"
    assert facts.content_type == "text/html; charset=utf-8"
    assert facts.header("set-cookie") == "a=1"
    assert facts.body == b"<title>Hi</title>\n"
    assert len(facts.body_sha256) == 64


def test_over_a_session_the_same_is_asked_and_the_facts_are_those_of_its_answer() -> None:
    session = Http2Session()
    exchange = Exchange(Endpoint(scheme="https", fqdn="a.test", port=8443), "/x")
    exchange.begin(10.0)
    exchange.ask_over(session, "me")
    server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
    server.initiate_connection()
    (request,) = [
        event
        for event in server.receive_data(session.outgoing())
        if isinstance(event, RequestReceived)
    ]
    told = {str(name): str(value) for name, value in request.headers}
    pseudo = {name.lstrip(":"): told.pop(name) for name in tuple(told) if name.startswith(":")}
    assert pseudo == {
        "method": "GET",
        "scheme": "https",
        "authority": "a.test:8443",
        "path": "/x",
    }
    lines = exchange.request("me").decode().lower()
    assert set(told) == {"user-agent", "accept", "accept-encoding"}
    assert all(f"{name}: {value}\r\n" in lines for name, value in told.items())
    exchange.receive(SETTINGS_FRAME, 10.05)
    exchange.receive(head(("server", "demo")) + piece(b"<title>Hi</title>", end=True), 10.125)
    exchange.end(10.25)
    facts = exchange.facts()
    assert (facts.status, facts.http_version, facts.reason) == (200, "2", "")
    assert (facts.server, facts.title) == ("demo", "Hi")
    assert facts.timing == Timing(first_byte_ms=125, total_ms=250)


def test_only_the_first_bytes_of_an_answer_are_its_first() -> None:
    exchange = Exchange(Endpoint(scheme="https", fqdn="a.test", port=443), "/x")
    exchange.begin(10.0)
    exchange.receive(ANSWER[:1], 10.05)
    exchange.receive(ANSWER[1:], 10.2)
    exchange.end(10.2)
    facts = exchange.facts()
    assert facts.status == 302
    assert facts.timing == Timing(first_byte_ms=50, total_ms=200)


def test_an_exchange_that_never_began_took_no_time() -> None:
    exchange = Exchange(Endpoint(scheme="https", fqdn="a.test", port=443), "/")
    exchange.reader.cut(OutcomeCode.TLS_ALERT)
    exchange.end(12345.0)
    facts = exchange.facts()
    assert facts.outcome.code is OutcomeCode.TLS_ALERT
    assert facts.outcome.duration_ms == 0
    assert facts.timing is None
    assert facts.status is None
    assert facts.body_sha256 == ""
