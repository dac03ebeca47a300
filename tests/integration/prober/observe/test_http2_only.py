"""Servers that speak HTTP/2 and nothing else are asked in it, by one connection more."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

import pytest
from h2.errors import ErrorCodes

from outscope.failures import FailureReason
from services.prober.facts import (
    CheckSpec,
    Failure,
    OutcomeCode,
    Owner,
    Postponed,
)
from services.prober.judge.decide import verdict_for
from tests.integration.prober.conftest import FAST, NAME, Lab, Scarce
from tests.targets import hostile
from tests.targets.certificates import Authority, Issued, server_context
from tests.targets.http import HttpServer, response
from tests.targets.http2 import (
    Http2Server,
    Page,
    insists_on_http2,
    pages,
    refusal,
    unoffered,
)
from tests.targets.serve import own_address, serve

PATHS = ("/", "/a", "/b?x=%20", "/c")
PAGE = response(200, b"<title>Here</title>")
H2 = ("h2",)
OTHER = "other.test"
BOTH = ("h2", "http/1.1")


class Counted:
    """A handler that counts its connections, before anything is read of them."""

    def __init__(self, handler: hostile.Handler) -> None:
        self._handler = handler
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self._handler(reader, writer)


@pytest.mark.parametrize("is_offended", [True, False])
async def test_a_server_that_ends_other_handshakes_is_asked_in_http2(
    lab: Lab, good: Issued, *, is_offended: bool
) -> None:
    """With the alert of RFC 7301; or it selects what was not offered, and OpenSSL ends them."""
    server = Http2Server(pages(PATHS))
    answer = refusal if is_offended else unoffered(good)
    counted = Counted(insists_on_http2(server_context(good, alpn=H2), server, answer))
    facts = await lab.observe(await lab.serve(counted), paths=PATHS)
    assert [path.body.decode() for path in facts.paths] == list(PATHS)
    assert facts.ports[0].tls is not None
    assert facts.ports[0].tls.valid
    assert facts.ports[0].tls_outcome is not None
    assert facts.ports[0].tls_outcome.ok
    assert server.agreed == ["h2"]
    assert counted.connections == 2


@pytest.mark.parametrize("agrees", [True, False])
async def test_a_server_that_speaks_it_unasked_is_asked_in_it(
    lab: Lab, good: Issued, *, agrees: bool
) -> None:
    """It selects nothing and sends its settings, as gRPC servers do; or knows no ALPN at all."""
    server = Http2Server(pages(PATHS))
    port = await lab.serve(server, good, alpn=H2 if agrees else ())
    facts = await lab.observe(port, paths=PATHS)
    assert [path.body.decode() for path in facts.paths] == list(PATHS)
    assert {path.http_version for path in facts.paths} == {"2"}
    assert server.agreed == [None, "h2" if agrees else None]


async def test_a_server_that_hangs_up_on_http1_is_asked_in_http2(lab: Lab, good: Issued) -> None:
    server = Http2Server(pages(PATHS))

    async def choosy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
            await server(reader, writer)
        else:
            await reader.read(65536)

    counted = Counted(choosy)
    facts = await lab.observe(await lab.serve(counted, good, alpn=H2), paths=PATHS)
    assert [path.body.decode() for path in facts.paths] == list(PATHS)
    assert counted.connections == 2


async def test_a_server_that_agreed_to_http1_and_hangs_up_is_not_asked_again(
    lab: Lab, good: Issued
) -> None:
    counted = Counted(hostile.closes_after_reading)
    facts = await lab.observe(await lab.serve(counted, good, alpn=BOTH))
    assert facts.ports[0].http_outcome is not None
    assert facts.ports[0].http_outcome.code is OutcomeCode.HTTP_CLOSED
    assert counted.connections == 1


async def test_what_speaks_neither_shows_what_it_did_at_first(lab: Lab, good: Issued) -> None:
    counted = Counted(hostile.closes_after_reading)
    facts = await lab.observe(await lab.serve(counted, good))
    assert facts.ports[0].tls is not None
    assert facts.ports[0].tls.valid
    assert facts.ports[0].http_outcome is not None
    assert facts.ports[0].http_outcome.code is OutcomeCode.HTTP_CLOSED
    assert counted.connections == 2


class Leaves:
    """What is asked leave for; refused after the first as often as told."""

    def __init__(self, *refusals: Failure | Postponed) -> None:
        self.asked: list[tuple[tuple[str, ...], int]] = []
        self._left = [None, *refusals]

    async def __call__(
        self, fqdn: str, addresses: Sequence[str], requests: int
    ) -> Failure | Postponed | None:
        assert fqdn in {NAME, OTHER}
        self.asked.append((tuple(addresses), requests))
        return self._left.pop(0) if self._left else None


async def test_the_second_connection_counts_in_the_budget(lab: Lab, good: Issued) -> None:
    server = Http2Server(pages(PATHS))
    port = await lab.serve(server, good, alpn=H2)
    lab.leave = leaves = Leaves(Postponed(wait_s=0.05), Postponed(wait_s=0.05))
    facts = await lab.observe(port, paths=PATHS)
    assert facts.paths[0].http_version == "2"
    assert leaves.asked == [((lab.host,), 4), *[((lab.host,), 1)] * 3]


async def test_asked_for_it_nothing_more_counts(lab: Lab, good: Issued) -> None:
    lab.leave = leaves = Leaves()
    port = await lab.serve(Http2Server(pages(PATHS)), good, alpn=H2)
    await lab.observe(port, paths=PATHS, http2=True)
    assert leaves.asked == [((lab.host,), 4)]


@pytest.mark.parametrize(
    "refusal",
    [
        Postponed(wait_s=60.0),
        Failure(reason=FailureReason.TARGET_BUDGET, owner=Owner.POLICY, message="no"),
    ],
)
async def test_without_leave_for_the_second_connection_the_check_is_made_another_time(
    lab: Lab, good: Issued, refusal: Failure | Postponed
) -> None:
    server = Http2Server(pages(PATHS))
    lab.leave = Leaves(refusal)
    ports = (await lab.serve(server, good, alpn=H2), await lab.serve(HttpServer({"/": PAGE})))
    assert await lab.runner().run(CheckSpec(fqdn=NAME, ports=ports), lab.leave) == refusal
    assert server.connections == 1


@pytest.mark.parametrize(("delay_s", "wait_s"), [(60.0, 1.0), (0.0, 0.0), (0.2, 0.3)])
async def test_leave_is_not_waited_for_longer_than_its_time(
    lab: Lab, good: Issued, delay_s: float, wait_s: float
) -> None:
    lab.limits = replace(FAST, leave_timeout_s=0.5)
    port = await lab.serve(Http2Server(pages(PATHS)), good, alpn=H2)
    leave = Late(delay_s, Postponed(wait_s=wait_s))
    begun = monotonic()
    postponed = await lab.runner().run(CheckSpec(fqdn=NAME, ports=(port,)), leave)
    assert isinstance(postponed, Postponed)
    assert monotonic() - begun < 2.0


@pytest.mark.parametrize("is_offended", [True, False])
async def test_when_the_time_of_the_check_is_over_nothing_is_told_of_the_port(
    lab: Lab, good: Issued, *, is_offended: bool
) -> None:
    lab.limits = replace(FAST, leave_timeout_s=5.0, deadline_s=1.0)
    http2 = Http2Server(pages(PATHS))
    offended = insists_on_http2(server_context(good, alpn=H2), http2, refusal)
    port = await (lab.serve(offended) if is_offended else lab.serve(http2, good, alpn=H2))
    lab.leave = Late(60.0, Postponed(wait_s=1.0))
    facts = await lab.observe(port)
    (told,) = facts.ports
    assert told.http_outcome is not None
    assert told.tls_outcome is not None
    assert told.http_outcome.code is OutcomeCode.HTTP_NOT_ASKED
    assert told.tls_outcome.ok is not is_offended
    assert told.tls_outcome.owner in {None, Owner.OURS}
    verdict = verdict_for(facts)
    assert (str(verdict.analyzability), str(verdict.kind)) == ("unknown", "none")
    assert {reason.code for reason in verdict.reasons} == {"check_cut_short", "http_not_asked"}


async def test_without_a_place_for_the_second_connection_nothing_is_told_of_the_port(
    lab: Lab, good: Issued
) -> None:
    lab.limits = replace(FAST, deadline_s=1.0)
    lab.places = places = Scarce(1)
    http2 = Http2Server(pages(PATHS))
    port = await lab.serve(http2, good, alpn=H2)
    (told,) = (await lab.observe(port)).ports
    assert places.taken == 2
    assert told.http_outcome is not None
    assert told.http_outcome.code is OutcomeCode.HTTP_NOT_ASKED
    assert told.tls is not None
    assert told.tls.valid


class Late:
    """A scheduler that gives leave once, and then takes its time to refuse it."""

    def __init__(self, delay_s: float, refusal: Failure | Postponed) -> None:
        self._delay_s = delay_s
        self._refusal = refusal
        self._is_first = True

    async def __call__(
        self, fqdn: str, addresses: Sequence[str], requests: int
    ) -> Failure | Postponed | None:
        is_first, self._is_first = self._is_first, False
        if not is_first:
            await asyncio.sleep(self._delay_s)
        return None if is_first else self._refusal


@pytest.mark.parametrize("goes_after", [1, 2])
async def test_a_server_that_goes_is_connected_to_again(
    lab: Lab, good: Issued, goes_after: int
) -> None:
    server = Http2Server(pages(PATHS), goes_after=goes_after)
    facts = await lab.observe(await lab.serve(server, good, alpn=H2), paths=PATHS)
    assert [path.body.decode() for path in facts.paths] == list(PATHS)
    # The first showed that it speaks nothing else, and those after it knew.
    assert server.agreed == [None, *["h2"] * (len(PATHS) // goes_after)]


async def test_a_stream_that_is_refused_is_asked_for_once_more(lab: Lab, good: Issued) -> None:
    server = Http2Server({**pages(PATHS), "/a": Page(reset=ErrorCodes.REFUSED_STREAM)})
    facts = await lab.observe(await lab.serve(server, good, alpn=H2), paths=PATHS, http2=True)
    assert [path.status for path in facts.paths] == [200, None, 200, 200]
    assert facts.paths[1].outcome.code is OutcomeCode.HTTP_RESET
    assert server.paths == ["/", "/a", "/a", "/b?x=%20", "/c"]
    assert server.connections == 2


async def test_a_redirect_to_a_server_of_http2_only_is_followed(
    lab: Lab, good: Issued, authority: Authority
) -> None:
    server = Http2Server(pages(PATHS))
    lab.zone[OTHER] = (lab.host,)
    port = await lab.serve(server, authority.leaf(OTHER), alpn=H2)
    moved = response(302, headers=[("Location", f"https://{OTHER}:{port}/a")])
    first = await lab.serve(HttpServer({"/": moved}), good)
    lab.leave = leaves = Leaves()
    facts = await lab.observe(first, max_redirects=1)
    (hop,) = facts.paths[0].redirects
    assert (hop.answer.body, hop.answer.http_version) == (b"/a", "2")
    assert server.agreed == [None, "h2"]
    assert len(leaves.asked) == 3


async def test_every_address_of_a_server_of_http2_only_is_asked(lab: Lab, good: Issued) -> None:
    server = Http2Server(pages(PATHS))
    port = await lab.serve(server, good, alpn=H2)
    second = own_address()
    lab.zone[NAME] = (lab.host, second)
    tls = server_context(good, alpn=H2)
    await lab.stack.enter_async_context(serve(server, tls=tls, host=second, port=port))
    facts = await lab.observe(port, paths=("/", "/a"), all_addresses=True)
    assert [path.body for path in facts.paths] == [b"/", b"/a"]
    assert [path.other_addresses[0].http_version for path in facts.paths] == ["2", "2"]
    # The port has shown once what it speaks.
    assert server.agreed == [None, "h2", "h2"]
