"""What speaks on a port is found whatever its number, with as few connections as it takes."""

import asyncio
import gzip
import socket
from dataclasses import replace

import pytest

from services.prober.facts import OutcomeCode, TcpState
from tests.integration.prober.conftest import FAST, NAME, Lab
from tests.producing import produces, producing
from tests.targets import hostile
from tests.targets.blocking import by_first_byte, over_tls, serve_blocking
from tests.targets.certificates import Issued, server_context
from tests.targets.http import HttpServer, response
from tests.targets.serve import Handler, breaking_off, filtered_port, refused_port

PAGE = response(200, b"<title> A\n page </title>")
BAD_HEADER = b"HTTP/1.1 200 OK\r\nBad header\r\n\r\n"
CUT_SHORT = hostile.ok_head + b"Content-Length: 10\r\n\r\nshort"
PLAIN_PORT = 8080  # one of those where plain HTTP is tried first


async def test_plain_http_on_an_odd_port_is_found(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    facts = await lab.observe_port(await lab.serve(server))
    assert facts.state is TcpState.OPEN
    assert facts.tls is None
    assert facts.tls_outcome is not None
    assert facts.tls_outcome.code is OutcomeCode.TLS_NOT_TLS
    assert facts.speaks_http
    assert facts.probe is not None
    assert facts.probe.title == "A page"
    assert facts.probe.url == f"http://site.test:{facts.port}/"


async def test_plain_http_that_waits_out_a_handshake_is_found_at_once(lab: Lab) -> None:
    """To a server of lines a ClientHello is half a request; it says nothing until the rest."""
    lab.limits = replace(FAST, tls_timeout_s=60.0, deadline_s=60.0)
    server = HttpServer({"/": PAGE})
    port = await lab.serve(server)
    async with asyncio.timeout(10):
        facts = await lab.observe_port(port)
    assert facts.speaks_http
    assert facts.tls is None
    assert facts.tls_outcome is not None
    assert facts.tls_outcome.code is OutcomeCode.TLS_NOT_TLS
    assert server.connections == 2


async def test_a_plain_server_of_one_connection_at_a_time_is_found(lab: Lab) -> None:
    def one_by_one(connection: socket.socket) -> None:
        while b"\r\n\r\n" not in connection.recv(65536, socket.MSG_PEEK):
            if not connection.recv(65536):
                return
        connection.sendall(PAGE)

    with serve_blocking(one_by_one, host=lab.host) as port:
        facts = await lab.observe_port(port)
    assert facts.speaks_http
    assert facts.tls_outcome is not None
    assert facts.tls_outcome.code is OutcomeCode.TLS_NOT_TLS


def slow(tls: bytes, plain: bytes, *, tls_s: float, plain_s: float) -> Handler:
    """Return a server that answers either tongue late, and then says no more."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_tls = (await reader.read(65536)).startswith(b"\x16")
        await asyncio.sleep(tls_s if is_tls else plain_s)
        writer.write(tls if is_tls else plain)
        await asyncio.sleep(30)

    return handler


async def test_slow_tls_that_refuses_plain_http_with_400_is_tls(lab: Lab) -> None:
    refusal = response(400, b"The plain HTTP request was sent to HTTPS port")
    server = slow(hostile.tls_alert(80), refusal, tls_s=0.6, plain_s=0.0)
    facts = await lab.observe_port(await lab.serve(server))
    assert facts.tls is not None
    assert facts.tls.outcome.code is OutcomeCode.TLS_ALERT
    assert not facts.speaks_http


async def test_a_word_of_tls_before_plain_http_makes_a_port_tls(lab: Lab) -> None:
    server = slow(b"\x16\x03\x03", PAGE, tls_s=0.4, plain_s=0.3)
    facts = await lab.observe_port(await lab.serve(server))
    assert facts.tls is not None
    assert facts.tls.outcome.code is OutcomeCode.TLS_TIMEOUT
    assert not facts.speaks_http


async def test_plain_http_on_its_port_takes_one_connection(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    facts = await lab.observe_port(await lab.serve(server, port=PLAIN_PORT))
    assert facts.speaks_http
    assert facts.tls_outcome is not None
    assert facts.tls_outcome.code is OutcomeCode.TLS_NOT_TLS
    assert server.connections == 1


async def test_https_on_an_odd_port_takes_one_connection(lab: Lab, good: Issued) -> None:
    server = HttpServer({"/": PAGE})
    facts = await lab.observe_port(await lab.serve(server, good))
    assert facts.tls is not None
    assert facts.tls.valid
    assert facts.speaks_http
    assert server.connections == 1
    assert len(server.requests) == 1


async def test_https_on_a_plain_port_is_found(lab: Lab, good: Issued) -> None:
    facts = await lab.observe_port(await lab.serve(HttpServer({"/": PAGE}), good, port=PLAIN_PORT))
    assert facts.tls is not None
    assert facts.tls.valid
    assert facts.probe is not None
    assert facts.probe.url.startswith("https://")


async def test_a_400_to_plain_http_leads_to_tls(lab: Lab, good: Issued) -> None:
    """As nginx, Apache and Go answer on their TLS ports."""
    in_the_clear = response(400, b"The plain HTTP request was sent to HTTPS port")
    server = by_first_byte(over_tls(server_context(good), PAGE), in_the_clear)
    with serve_blocking(server, host=lab.host, port=PLAIN_PORT) as port:
        facts = await lab.observe_port(port)
    assert facts.tls is not None
    assert facts.tls.valid
    assert facts.probe is not None
    assert facts.probe.status == 200


async def test_a_400_of_a_plain_server_stays_its_answer(lab: Lab) -> None:
    answer = response(400, b"no")
    facts = await lab.observe_port(await lab.serve(HttpServer({"/": answer}), port=PLAIN_PORT))
    assert facts.tls is None
    assert facts.speaks_http
    assert facts.probe is not None
    assert facts.probe.status == 400


@produces(OutcomeCode.TLS_NOT_TLS, OutcomeCode.HTTP_NOT_HTTP)
@pytest.mark.parametrize("port", [0, PLAIN_PORT])
async def test_a_server_that_speaks_first_is_neither(lab: Lab, port: int) -> None:
    facts = await lab.observe_port(await lab.serve(hostile.ssh, port=port))
    assert facts.state is TcpState.OPEN
    assert facts.tls is None
    assert facts.tls_outcome is not None
    assert facts.tls_outcome.code is OutcomeCode.TLS_NOT_TLS
    assert facts.http_outcome is not None
    assert facts.http_outcome.code is OutcomeCode.HTTP_NOT_HTTP
    assert not facts.speaks_http


@pytest.mark.parametrize(
    ("handler", "tls", "http"),
    [
        (hostile.silent, OutcomeCode.TLS_TIMEOUT, OutcomeCode.HTTP_TIMEOUT),
        (hostile.closes_at_once, OutcomeCode.TLS_CLOSED, OutcomeCode.HTTP_CLOSED),
        (hostile.closes_after_reading, OutcomeCode.TLS_CLOSED, OutcomeCode.HTTP_CLOSED),
        (hostile.resets_after_reading, OutcomeCode.TLS_RESET, OutcomeCode.HTTP_RESET),
    ],
)
@pytest.mark.parametrize("port", [0, PLAIN_PORT])
async def test_a_server_that_says_nothing_is_told_by_how_it_ends(
    lab: Lab, port: int, handler: Handler, tls: OutcomeCode, http: OutcomeCode
) -> None:
    facts = await lab.observe_port(await lab.serve(handler, port=port))
    assert facts.state is TcpState.OPEN
    assert facts.tls is None
    assert facts.tls_outcome is not None
    assert facts.tls_outcome.code is tls
    assert facts.http_outcome is not None
    assert facts.http_outcome.code is http
    assert not facts.speaks_http


async def test_a_server_that_resets_at_once_is_open_or_reset(lab: Lab) -> None:
    """Whether the RST is seen while connecting or just after is the kernel's to say."""
    facts = await lab.observe_port(await lab.serve(hostile.resets_at_once))
    codes = {
        outcome.code
        for outcome in (facts.tcp_outcome, facts.tls_outcome, facts.http_outcome)
        if outcome is not None
    }
    assert codes <= {
        OutcomeCode.OK,
        OutcomeCode.TCP_RESET,
        OutcomeCode.TLS_RESET,
        OutcomeCode.TLS_CLOSED,
        OutcomeCode.HTTP_RESET,
        OutcomeCode.HTTP_CLOSED,
    }
    assert codes != {OutcomeCode.OK}
    assert not facts.speaks_http


@produces(OutcomeCode.TCP_REFUSED)
async def test_a_refused_port_is_closed(lab: Lab) -> None:
    with refused_port(lab.host) as port:
        facts = await lab.observe_port(port)
    assert facts.state is TcpState.REFUSED
    assert facts.tcp_outcome.code is OutcomeCode.TCP_REFUSED
    assert facts.tls_outcome is None
    assert facts.http_outcome is None
    assert facts.address == lab.host


@produces(OutcomeCode.TCP_UNREACHABLE)
async def test_a_port_of_an_address_no_way_leads_to_is_unreachable(lab: Lab) -> None:
    lab.zone[NAME] = ("127.255.255.255",)  # the broadcast address of loopback
    facts = await lab.observe_port(80)
    assert facts.state is TcpState.UNREACHABLE
    assert facts.tcp_outcome.code is OutcomeCode.TCP_UNREACHABLE
    assert facts.tls_outcome is None


@produces(OutcomeCode.TCP_RESET)
async def test_a_port_that_breaks_off_before_a_word_is_reset(lab: Lab) -> None:
    """Broken off in the turn of the event loop after, before anybody could use the connection."""
    with breaking_off(lab.host) as port:
        facts = await lab.observe_port(port)
    assert facts.state is TcpState.RESET
    assert facts.tcp_outcome.code is OutcomeCode.TCP_RESET
    assert facts.tls_outcome is None
    assert not facts.speaks_http


@produces(OutcomeCode.TCP_TIMEOUT)
async def test_a_port_that_answers_nothing_is_filtered(lab: Lab) -> None:
    with filtered_port(lab.host) as port:
        facts = await lab.observe_port(port)
    assert facts.state is TcpState.FILTERED
    assert facts.tcp_outcome.code is OutcomeCode.TCP_TIMEOUT
    assert facts.tcp_outcome.duration_ms >= 790


@pytest.mark.parametrize(
    ("code", "handler", "status"),
    [
        producing(OutcomeCode.HTTP_TOO_LARGE, hostile.endless_headers, 200),
        producing(OutcomeCode.HTTP_TOO_LARGE, hostile.endless_header_line, 200),
        producing(OutcomeCode.HTTP_TOO_LARGE, hostile.endless_status_line, 200),
        producing(OutcomeCode.HTTP_TOO_LARGE, hostile.endless_informational, 103),
        producing(OutcomeCode.OK, hostile.endless_body, 200),
        producing(OutcomeCode.OK, hostile.endless_chunks, 200),
        producing(OutcomeCode.HTTP_TIMEOUT, hostile.drips(hostile.ok_head + b"\r\n"), 200),
        producing(OutcomeCode.HTTP_TIMEOUT, hostile.drips(hostile.ok_head), 200),
        producing(OutcomeCode.HTTP_MALFORMED, hostile.drips(b"HTTP/1.1 2"), None),
        producing(OutcomeCode.HTTP_MALFORMED, hostile.says(BAD_HEADER), 200),
        producing(OutcomeCode.HTTP_NOT_HTTP, hostile.says(b"\0\1\2garbage", then="hang"), None),
        producing(OutcomeCode.HTTP_CLOSED, hostile.says(CUT_SHORT), 200),
        producing(OutcomeCode.HTTP_RESET, hostile.says(CUT_SHORT, then="reset"), 200),
    ],
)
async def test_a_hostile_answer_is_bounded_and_named(
    lab: Lab, code: OutcomeCode, handler: Handler, status: int | None
) -> None:
    facts = await lab.observe_port(await lab.serve(handler, port=PLAIN_PORT))
    assert facts.http_outcome is not None
    assert facts.http_outcome.code is code
    assert facts.speaks_http is (status is not None)
    if facts.probe is not None:
        assert facts.probe.status == status
        assert len(facts.probe.body) <= 65536
        assert len(facts.probe.headers) <= 100


async def test_what_dripped_until_the_deadline_is_kept(lab: Lab) -> None:
    handler = hostile.drips(hostile.ok_head + b"\r\nbegin ")
    facts = await lab.observe_port(await lab.serve(handler, port=PLAIN_PORT))
    assert facts.probe is not None
    assert facts.probe.body.startswith(b"begin aa")
    assert facts.probe.truncated


async def test_an_endless_body_is_cut(lab: Lab) -> None:
    facts = await lab.observe_port(await lab.serve(hostile.endless_body, port=PLAIN_PORT))
    assert facts.probe is not None
    assert len(facts.probe.body) == 65536
    assert facts.probe.truncated


async def test_a_gzip_bomb_costs_its_first_64_kilobytes(lab: Lab) -> None:
    handler = hostile.says(hostile.gzip_bomb(), then="hang")
    facts = await lab.observe_port(await lab.serve(handler, port=PLAIN_PORT))
    assert facts.probe is not None
    assert facts.probe.outcome.code is OutcomeCode.OK
    assert facts.probe.body == bytes(65536)
    assert facts.probe.truncated


async def test_a_compressed_page_is_read(lab: Lab) -> None:
    body = gzip.compress(b"<title>Packed</title>")
    page = response(200, body, headers=[("Content-Encoding", "gzip")])
    facts = await lab.observe_port(await lab.serve(HttpServer({"/": page}), port=PLAIN_PORT))
    assert facts.probe is not None
    assert facts.probe.title == "Packed"
    assert facts.probe.body_bytes == len(body)


async def test_the_request_says_who_we_are(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    await lab.observe_port(await lab.serve(server, port=PLAIN_PORT))
    head = server.requests[0].decode()
    assert head.startswith("GET / HTTP/1.1\r\n")
    assert "\r\nHost: site.test:8080\r\n" in head
    assert "\r\nUser-Agent: OutScope/test (+https://contact.test)\r\n" in head
    assert "\r\nAccept: text/html,application/json;q=0.9,*/*;q=0.8\r\n" in head
