"""What may have been an accident is looked at once more, and what was done on purpose is not."""

import asyncio
from dataclasses import replace

import pytest

from services.prober.facts import OutcomeCode, TcpState
from tests.integration.prober.conftest import Lab
from tests.integration.prober.observe.test_paths import Leaves
from tests.targets import hostile
from tests.targets.certificates import Issued
from tests.targets.http import HttpServer, response
from tests.targets.serve import Handler

PAGE = response(200, b"<title>Shop</title>Shoes")
ERROR = response(502, b"<h1>502 Bad Gateway</h1>")
PLAIN_PORT = 8080  # one of those where plain HTTP is tried first


class ByTurns:
    """Gives each connection to the next of its handlers, and every further one to the last."""

    def __init__(self, *handlers: Handler) -> None:
        self.connections = 0
        self._handlers = handlers

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = self._handlers[min(self.connections, len(self._handlers) - 1)]
        self.connections += 1
        await handler(reader, writer)


def site(answer: bytes) -> HttpServer:
    return HttpServer({"/": answer})


async def test_an_error_that_passes_is_not_what_is_told(lab: Lab) -> None:
    server = ByTurns(site(ERROR), site(PAGE))
    facts = await lab.observe(await lab.serve(server, port=PLAIN_PORT))
    assert facts.paths[0].status == 200
    assert facts.ports[0].attempts == 2
    assert facts.ports[0].probe == facts.paths[0]
    assert server.connections == 2


@pytest.mark.parametrize("grants", [1, 2])
async def test_a_second_look_takes_leave_and_without_it_what_was_seen_stands(
    lab: Lab, grants: int
) -> None:
    server = ByTurns(site(ERROR), site(PAGE))
    lab.leave = leaves = Leaves(grants)
    facts = await lab.observe(await lab.serve(server, port=PLAIN_PORT))
    assert (facts.paths[0].status, facts.ports[0].attempts) == [(502, 1), (200, 2)][grants - 1]
    assert server.connections == leaves.requests == grants


async def test_an_error_that_stays_is_told_after_two_attempts(lab: Lab, good: Issued) -> None:
    server = site(ERROR)
    facts = await lab.observe(await lab.serve(server, good), paths=("/", "/a"))
    assert facts.paths[0].status == 502
    assert facts.ports[0].attempts == 2
    assert server.paths == ["/", "/", "/a"]


@pytest.mark.parametrize("first", [hostile.resets_at_once, hostile.resets_after_reading])
async def test_a_connection_that_was_reset_is_tried_again(
    lab: Lab, good: Issued, first: Handler
) -> None:
    """Over plain HTTP: a port that resets TLS is asked in the clear before."""
    server = ByTurns(first, first, site(PAGE))
    facts = await lab.observe(await lab.serve(server, port=PLAIN_PORT))
    assert facts.paths[0].status == 200
    assert facts.ports[0].state is TcpState.OPEN
    assert facts.ports[0].attempts == 2


async def test_a_port_that_resets_every_time_is_told_so_after_two_attempts(lab: Lab) -> None:
    facts = await lab.observe_port(await lab.serve(hostile.resets_after_reading, port=PLAIN_PORT))
    assert facts.attempts == 2
    assert facts.http_outcome is not None
    assert facts.http_outcome.code is OutcomeCode.HTTP_RESET


async def test_an_error_is_better_than_the_reset_after_it(lab: Lab) -> None:
    server = ByTurns(site(ERROR), hostile.resets_after_reading)
    facts = await lab.observe(await lab.serve(server, port=PLAIN_PORT))
    assert facts.paths[0].status == 502
    assert facts.ports[0].attempts == 2


@pytest.mark.parametrize(
    "answer",
    [
        PAGE,
        response(404, b"x"),
        response(501, b"x"),
        response(503, b"x", headers=[("Retry-After", "60")]),
        response(503, b"x", headers=[("CF-Mitigated", "challenge")]),
    ],
)
async def test_what_was_answered_on_purpose_is_asked_once(lab: Lab, answer: bytes) -> None:
    server = site(answer)
    facts = await lab.observe_port(await lab.serve(server, port=PLAIN_PORT))
    assert facts.attempts == 1
    assert server.paths == ["/"]


async def test_silence_and_a_closed_connection_are_not_repeated(lab: Lab) -> None:
    silent = await lab.serve(hostile.silent, port=PLAIN_PORT)
    closing = await lab.serve(hostile.closes_after_reading)
    facts = await lab.observe(silent, closing)
    assert [port.attempts for port in facts.ports] == [1, 1]


async def test_beyond_the_deadline_nothing_is_repeated(lab: Lab) -> None:
    lab.limits = replace(lab.limits, deadline_s=0.2)
    server = site(ERROR)
    facts = await lab.observe_port(await lab.serve(server, port=PLAIN_PORT))
    assert facts.attempts == 1
    assert facts.probe is not None
    assert facts.probe.status == 502
    assert server.connections == 1
