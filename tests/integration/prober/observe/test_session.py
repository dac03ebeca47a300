"""Every way a TLS stage can end without success, told apart."""

import socket
import ssl

import pytest
from OpenSSL import SSL

from services.prober.facts import OutcomeCode
from services.prober.observe.session import TlsSession
from tests.integration.prober.conftest import NAME, Lab
from tests.producing import produces, producing
from tests.targets.blocking import over_tls, serve_blocking
from tests.targets.certificates import Authority, Issued, server_context
from tests.targets.hostile import says, server_hello_of, tls_alert
from tests.targets.http import HttpServer, response
from tests.targets.serve import LOCALHOST, serve
from tests.targets.stapling import ocsp_response, stapling

SITE = {"/": response(200, b"hello")}

PROTOCOL_VERSION = 70
UNRECOGNIZED_NAME = 112
INTERNAL_ERROR = 80
NO_APPLICATION_PROTOCOL = 120


@pytest.mark.parametrize(
    ("code", "alert"),
    [
        producing(OutcomeCode.TLS_ALERT, INTERNAL_ERROR),
        producing(OutcomeCode.TLS_PROTOCOL_UNSUPPORTED, PROTOCOL_VERSION),
        producing(OutcomeCode.TLS_SNI_REFUSED, UNRECOGNIZED_NAME),
    ],
)
async def test_an_alert_is_told_by_what_it_says(lab: Lab, code: OutcomeCode, alert: int) -> None:
    port = await lab.serve(says(tls_alert(alert)))
    facts = await lab.observe_port(port)
    assert facts.tls is not None
    assert facts.tls.outcome.code is code
    assert facts.tls.chain == ()
    assert not facts.tls.valid
    assert facts.tls_outcome is not None
    assert facts.tls_outcome.code is code
    assert facts.http_outcome is not None
    assert facts.http_outcome.code is code
    assert not facts.speaks_http


async def test_an_old_version_picked_by_the_server_is_unsupported(lab: Lab) -> None:
    port = await lab.serve(says(server_hello_of(b"\x03\x01"), then="hang"))
    facts = await lab.observe_port(port)
    assert facts.tls is not None
    assert facts.tls.outcome.code is OutcomeCode.TLS_PROTOCOL_UNSUPPORTED


@produces(OutcomeCode.TLS_CLIENT_CERTIFICATE_REQUIRED)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_wants_a_client_certificate_still_shows_its_own(
    lab: Lab, good: Issued, authority: Authority, version: ssl.TLSVersion
) -> None:
    context = server_context(good, client_ca=authority.issued)
    context.minimum_version = context.maximum_version = version
    with serve_blocking(over_tls(context, SITE["/"]), host=lab.host) as port:
        facts = await lab.observe_port(port)
    assert facts.tls is not None
    assert facts.tls.outcome.code is OutcomeCode.TLS_CLIENT_CERTIFICATE_REQUIRED
    assert facts.tls.chain[0].subject == f"CN={NAME}"
    assert facts.tls.valid  # nothing is wrong with the server's own certificate
    assert facts.tls.client_certificate_requested
    assert not facts.speaks_http


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_asks_for_a_client_certificate_and_does_without_is_told(
    lab: Lab, good: Issued, authority: Authority, version: ssl.TLSVersion
) -> None:
    asks = server_context(good, client_ca=authority.issued)
    asks.verify_mode = ssl.CERT_OPTIONAL
    does_not_ask = server_context(good)
    for context, requested in ((asks, True), (does_not_ask, False)):
        context.minimum_version = context.maximum_version = version
        site = serve(HttpServer(SITE), tls=context, host=lab.host)
        facts = await lab.observe_port(await lab.stack.enter_async_context(site))
        assert facts.speaks_http
        assert facts.tls is not None
        assert facts.tls.outcome.code is OutcomeCode.OK
        assert facts.tls.client_certificate_requested is requested


async def test_tls_1_2_works_and_is_named(lab: Lab, good: Issued) -> None:
    context = server_context(good)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    port = await lab.stack.enter_async_context(serve(HttpServer(SITE), tls=context, host=lab.host))
    facts = await lab.observe_port(port)
    assert facts.tls is not None
    assert facts.tls.version == "TLSv1.2"
    assert facts.tls.valid
    assert facts.speaks_http


@pytest.mark.parametrize(
    ("code", "then"),
    [
        producing(OutcomeCode.TLS_CLOSED, "close"),
        producing(OutcomeCode.TLS_RESET, "reset"),
        producing(OutcomeCode.TLS_TIMEOUT, "hang"),
    ],
)
async def test_a_handshake_that_stops_after_its_first_record_is_told_apart(
    lab: Lab, code: OutcomeCode, then: str
) -> None:
    half_a_record = b"\x16\x03\x03\x40\x00\x02"
    port = await lab.serve(says(half_a_record, then=then))
    facts = await lab.observe_port(port)
    assert facts.tls is not None
    assert facts.tls.outcome.code is code
    assert facts.http_outcome is not None
    assert facts.http_outcome.code is code


@produces(OutcomeCode.TLS_MALFORMED)
async def test_garbage_in_a_tls_record_is_malformed(lab: Lab) -> None:
    port = await lab.serve(says(b"\x16\x03\x03\x00\x08garbage!", then="hang"))
    facts = await lab.observe_port(port)
    assert facts.tls is not None
    assert facts.tls.outcome.code is OutcomeCode.TLS_MALFORMED


async def test_the_protocol_agreed_on_by_alpn_is_named(lab: Lab, good: Issued) -> None:
    context = server_context(good)
    context.set_alpn_protocols(["h2", "http/1.1"])
    port = await lab.stack.enter_async_context(serve(HttpServer(SITE), tls=context, host=lab.host))
    facts = await lab.observe_port(port)
    assert facts.tls is not None
    assert facts.tls.alpn == "http/1.1"


async def test_a_server_that_refuses_our_alpn_is_offered_another(lab: Lab, good: Issued) -> None:
    settings_frame = b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"  # how HTTP/2 begins
    speaks_http_2 = over_tls(server_context(good), settings_frame)
    offers: list[bytes] = []

    def server(connection: socket.socket) -> None:
        offers.append(connection.recv(65536, socket.MSG_PEEK))
        if b"\x02h2" in offers[-1]:
            speaks_http_2(connection)
        else:
            connection.recv(65536)
            connection.sendall(tls_alert(NO_APPLICATION_PROTOCOL))

    with serve_blocking(server, host=lab.host) as port:
        facts = await lab.observe_port(port)
    assert len(offers) == 2
    assert facts.tls is not None
    assert facts.tls.valid
    assert facts.http_outcome is not None
    assert facts.http_outcome.code is OutcomeCode.HTTP_NOT_HTTP


async def test_the_name_is_sent_as_sni(lab: Lab, good: Issued) -> None:
    asked: list[str | None] = []
    context = server_context(good)
    context.sni_callback = lambda _connection, name, _context: asked.append(name)
    port = await lab.stack.enter_async_context(serve(HttpServer(SITE), tls=context, host=lab.host))
    await lab.observe_port(port)
    assert asked == [NAME]


def test_a_stapled_response_is_handed_on_as_it_was_sent(
    context: SSL.Context, good: Issued, authority: Authority
) -> None:
    response = ocsp_response(good, authority.issued)
    session = TlsSession(context, NAME)
    with (
        serve_blocking(stapling(response, b"hello", good)) as port,
        socket.create_connection((LOCALHOST, port), timeout=5) as connection,
    ):
        connection.sendall(session.client_hello())
        while not session.is_established:
            received = connection.recv(65536)
            assert received
            session.feed(received)
            connection.sendall(session.outgoing())
        connection.sendall(session.encrypted(b"question"))
    assert session.shown.staple == response
