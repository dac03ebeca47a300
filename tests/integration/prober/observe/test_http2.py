"""HTTP/2 over real TLS, when it was asked for."""

import asyncio

from h2.errors import ErrorCodes

from services.prober.facts import (
    OutcomeCode,
)
from services.prober.observe.limits import BODY_BYTES
from tests.integration.prober.conftest import NAME, Lab
from tests.targets import hostile
from tests.targets.certificates import Issued
from tests.targets.http import HttpServer, response
from tests.targets.http2 import (
    PING,
    SETTINGS_FRAME,
    Http2Server,
    Page,
    frame,
    goaway,
    head,
    pages,
    piece,
)

PATHS = ("/", "/a", "/b?x=%20", "/c")
H2 = ("h2",)
BOTH = ("h2", "http/1.1")


async def test_asked_for_it_all_paths_take_one_connection(lab: Lab, good: Issued) -> None:
    server = Http2Server(pages(PATHS))
    port = await lab.serve(server, good, alpn=BOTH)
    facts = await lab.observe(port, paths=PATHS, http2=True)
    assert [path.body.decode() for path in facts.paths] == list(PATHS)
    assert {path.http_version for path in facts.paths} == {"2"}
    assert {path.reason for path in facts.paths} == {""}
    assert {path.outcome.code for path in facts.paths} == {OutcomeCode.OK}
    assert facts.paths[0].headers == (("content-type", "text/html"),)
    assert facts.ports[0].tls is not None
    assert facts.ports[0].tls.alpn == "h2"
    assert facts.ports[0].service == "https"
    assert server.connections == 1
    assert server.paths == list(PATHS)
    assert server.requests[0][":authority"] == f"{NAME}:{port}"
    assert server.requests[0]["user-agent"] == "OutScope/test (+https://contact.test)"


async def test_the_timing_is_that_of_http1(lab: Lab, good: Issued) -> None:
    server = Http2Server(pages(PATHS))
    facts = await lab.observe(await lab.serve(server, good, alpn=H2), paths=("/", "/a"), http2=True)
    first, second = (path.timing for path in facts.paths)
    assert first is not None
    assert second is not None
    assert None not in {first.connect_ms, first.tls_ms, first.first_byte_ms}
    assert (second.connect_ms, second.tls_ms) == (None, None)
    assert second.first_byte_ms is not None


async def test_the_first_byte_is_the_answers_not_that_of_the_settings(
    lab: Lab, good: Issued
) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(SETTINGS_FRAME)
        await reader.read(65536)
        await asyncio.sleep(0.2)
        writer.write(head(end=True))
        await reader.read(65536)

    facts = await lab.observe(await lab.serve(slow, good, alpn=H2), http2=True)
    timing = facts.paths[0].timing
    assert timing is not None
    assert timing.first_byte_ms is not None
    assert timing.first_byte_ms >= 180


async def test_not_asked_for_it_a_server_of_both_is_asked_in_http1(lab: Lab, good: Issued) -> None:
    server = HttpServer({"/": response(200, b"page")})
    agreed: list[str | None] = []

    async def noted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        agreed.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        await server(reader, writer)

    facts = await lab.observe(await lab.serve(noted, good, alpn=BOTH), paths=("/", "/x"))
    assert [path.http_version for path in facts.paths] == ["1.1", "1.1"]
    assert agreed == ["http/1.1"]


async def test_asked_for_it_a_server_of_http1_takes_one_connection(lab: Lab, good: Issued) -> None:
    server = HttpServer({"/": response(200, b"page")})
    for alpn in ((), ("http/1.1",)):
        server.connections = 0
        port = await lab.serve(server, good, alpn=alpn)
        facts = await lab.observe(port, http2=True)
        assert facts.paths[0].http_version == "1.1"
        assert server.connections == 1


async def test_in_the_clear_there_is_no_http2(lab: Lab) -> None:
    facts = await lab.observe(await lab.serve(HttpServer({"/": response(200)})), http2=True)
    assert facts.paths[0].http_version == "1.1"


async def test_a_server_that_wants_http1_after_all_is_asked_in_it(lab: Lab, good: Issued) -> None:
    """As IIS does where a path asks for Windows authentication."""
    over2 = Http2Server({"/": Page(body=b"/"), "/in": Page(reset=ErrorCodes.HTTP_1_1_REQUIRED)})
    over1 = HttpServer({path: response(401, path.encode()) for path in ("/", "/in", "/more")})

    async def both(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        agreed = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        await (over2 if agreed == "h2" else over1)(reader, writer)

    port = await lab.serve(both, good, alpn=BOTH)
    facts = await lab.observe(port, paths=("/", "/in", "/more"), http2=True)
    assert [path.http_version for path in facts.paths] == ["2", "1.1", "1.1"]
    assert [path.status for path in facts.paths] == [200, 401, 401]
    assert (over2.connections, over1.connections) == (1, 1)
    first = await lab.observe(port, paths=("/in",), http2=True)
    assert first.paths[0].http_version == "1.1"
    assert first.ports[0].speaks_http


async def test_a_long_body_is_told_to_stop_and_the_connection_goes_on(
    lab: Lab, good: Issued
) -> None:
    server = Http2Server({"/": Page(body=bytes(10_000_000)), "/a": Page(body=b"a")})
    port = await lab.serve(server, good, alpn=H2)
    facts = await lab.observe(port, paths=("/", "/a"), http2=True)
    assert len(facts.paths[0].body) == BODY_BYTES
    assert facts.paths[0].truncated
    assert facts.paths[1].body == b"a"
    assert server.resets == [1]
    assert server.connections == 1


async def test_a_drip_ends_at_its_time_with_what_was_read(lab: Lab, good: Issued) -> None:
    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(SETTINGS_FRAME + head(("server", "slow")))
        while True:
            writer.write(piece(b"x"))
            await writer.drain()
            await asyncio.sleep(0.05)

    facts = await lab.observe(await lab.serve(drips, good, alpn=H2), http2=True)
    path = facts.paths[0]
    assert path.outcome.code is OutcomeCode.HTTP_TIMEOUT
    assert path.server == "slow"
    assert set(path.body) == {ord("x")}
    assert path.truncated


async def test_a_server_that_goes_while_it_is_not_asked_is_connected_to_again(
    lab: Lab, good: Issued
) -> None:
    """The other port, where nobody answers, keeps the paths waiting."""
    connections: list[str] = []

    async def goes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append("made")
        await reader.read(65536)
        writer.write(SETTINGS_FRAME + head(end=True) + frame(PING, bytes(8)))
        await asyncio.sleep(0.1)
        writer.write(goaway(1))
        assert await reader.read(65536)
        await reader.read(65536)

    port = await lab.serve(goes, good, alpn=H2)
    facts = await lab.observe(port, await lab.serve(hostile.silent), paths=("/", "/a"), http2=True)
    assert [path.status for path in facts.paths] == [200, 200]
    assert len(connections) == 2
