"""One trace of a check from REST to the webhook, over five processes; and what it never tells."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.collector import Collector, Span, a_collector, tree
from tests.e2e.conftest import Town
from tests.e2e.receiver import Receiver
from tests.e2e.running import REPOSITORY, System, running_system
from tests.e2e.show_trace import PARENT, TRACE_ID, settings, traced_check

PAGE = REPOSITORY / "docs/observability.md"
OTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"
# Each span with its parent; the first one's is the caller's.
PARENTS = {
    ("gateway", "POST /v1/check"): None,
    ("scheduler", "outscope.v1.CheckService/CreateCheck"): ("gateway", "POST /v1/check"),
    ("scheduler", "publish jobs.eu-west-1"): (
        *("scheduler", "outscope.v1.CheckService/CreateCheck"),
    ),
    ("prober", "process jobs.eu-west-1"): ("scheduler", "publish jobs.eu-west-1"),
    ("prober", "dns"): ("prober", "process jobs.eu-west-1"),
    ("prober", "tcp"): ("prober", "process jobs.eu-west-1"),
    ("prober", "tls"): ("prober", "process jobs.eu-west-1"),
    ("prober", "http"): ("prober", "process jobs.eu-west-1"),
    ("prober", "judge"): ("prober", "process jobs.eu-west-1"),
    ("prober", "publish reports"): ("prober", "process jobs.eu-west-1"),
    ("scheduler", "process reports"): ("prober", "publish reports"),
    ("scheduler", "publish deliveries"): ("scheduler", "outscope.v1.CheckService/CreateCheck"),
    ("notifier", "process deliveries"): ("scheduler", "publish deliveries"),
    ("notifier", "POST"): ("notifier", "process deliveries"),
    ("notifier", "publish delivery_attempts"): ("notifier", "process deliveries"),
    ("scheduler", "process delivery_attempts"): ("notifier", "publish delivery_attempts"),
}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with a_collector() as running:
        yield running


@pytest.fixture(scope="module")
def traced(
    town: Town, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system that sends its traces to the collector."""
    folder = tmp_path_factory.mktemp("traced")
    logs = {"OUTSCOPE_LOG_FORMAT": "json", "OUTSCOPE_LOG_LEVEL": "DEBUG"}
    with running_system(folder, *town.options(), **logs, **settings(collector.url)) as system:
        yield system


def named(span: Span) -> tuple[str, str]:
    return span.service.removeprefix("outscope-"), span.name


async def test_a_check_is_one_trace_from_the_request_to_the_webhook(
    traced: System, town: Town, collector: Collector, receiver: Receiver
) -> None:
    spans = await traced_check(traced, town, receiver, collector)
    by_id = {span.span_id: span for span in spans}
    found = {
        named(span): named(by_id[span.parent_id]) if span.parent_id in by_id else None
        for span in spans
    }
    assert found == PARENTS
    assert {span.trace_id for span in spans} == {TRACE_ID}
    assert [span.name for span in spans if span.failed] == []
    assert next(span.parent_id for span in spans if named(span)[0] == "gateway") in PARENT
    post = next(span for span in spans if span.name == "POST")
    assert receiver.deliveries[-1].traceparent == f"00-{TRACE_ID}-{post.span_id}-01"
    # The page shows a trace of the same shape; `make trace` prints one anew.
    shown = re.findall(r"^ *(\w+: .*?)  +\w+ +[\d.]+ ms", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(shown) == sorted(": ".join(named(span)) for span in spans), tree(spans)


async def test_every_line_of_a_check_has_its_trace(
    traced: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(traced)
    body = {"fqdn": "logged.town.test", "ports": [town.http]}
    await traced.call("POST", "/v1/check", body, {"traceparent": OTHER})
    async with asyncio.timeout(30):
        while not receiver.deliveries:
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    lines = [json.loads(each) for each in logged(traced)]
    mine = {line["service"] for line in lines if line.get("trace_id") == OTHER.split("-")[1]}
    assert mine == {"gateway", "scheduler", "prober", "notifier"}


def logged(system: System) -> list[str]:
    text = (system.folder / "system.log").read_text("utf-8")
    return re.findall(r"\{\"time\".*\}$", text, re.MULTILINE)


async def test_a_delivery_that_is_tried_again_stays_in_the_trace(
    traced: System, town: Town, collector: Collector, receiver: Receiver
) -> None:
    trace = OTHER.replace("4bf9", "5bf9")
    receiver.failures_left = 1
    await receiver.subscribe(traced)
    body = {"fqdn": "again.town.test", "ports": [town.http]}
    await traced.call("POST", "/v1/check", body, {"traceparent": trace})
    async with asyncio.timeout(30):
        while len(posts := posts_to(receiver, collector.trace(trace.split("-")[1]))) < 2:
            await asyncio.sleep(0.1)
    assert [(post.failed, post.attributes["http.request.resend_count"]) for post in posts] == [
        (True, 0),
        (False, 1),
    ]


def posts_to(receiver: Receiver, spans: list[Span]) -> list[Span]:
    port = urlsplit(receiver.url).port
    return [span for span in spans if span.attributes.get("server.port") == port]


async def test_no_secret_and_no_path_is_in_a_span(
    traced: System, collector: Collector, receiver: Receiver, town: Town
) -> None:
    await receiver.subscribe(traced)
    check_id = await traced.create("told.town.test", ports=[town.http], paths=["/marked-path"])
    async with asyncio.timeout(30):
        while check_id not in {each.check_id for each in receiver.deliveries}:
            await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    sent = b"".join(collector.received)
    assert check_id.encode() in sent
    for marker in (traced.api_key, receiver.secret, "marked-path", "Welcome to our shop", "/hook"):
        assert marker.encode() not in sent


@pytest.fixture(params=["absent", "silent"])
def dead_endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a collector would be: nothing listens there, or what does never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "silent":
            listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_dead_collector_holds_up_neither_a_check_nor_the_end(
    town: Town, dead_endpoint: str, receiver: Receiver, tmp_path: Path
) -> None:
    with running_system(tmp_path, *town.options(), **settings(dead_endpoint)) as system:
        await receiver.subscribe(system)
        for number in range(5):
            begun_s = time.monotonic()
            check_id = await system.create(f"dead-{number}.town.test", ports=[town.http])
            answer = await system.ended(check_id, within_s=10)
            assert answer["status"] == "completed"
            assert time.monotonic() - begun_s < 5
        async with asyncio.timeout(10):
            while len(receiver.deliveries) < 5:
                await asyncio.sleep(0.1)
        stopped_s = time.monotonic()
    assert time.monotonic() - stopped_s < 15
