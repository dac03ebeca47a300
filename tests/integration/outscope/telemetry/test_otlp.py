"""Spans on their way to a collector that takes them, is not there, or never answers."""

import socket
import time
from collections.abc import Iterator

import pytest

from outscope.config import ConfigError
from outscope.telemetry.otlp import FLUSH_S, OtlpRecorder
from outscope.telemetry.recording import recording
from outscope.telemetry.traceparent import carried, readable
from outscope.telemetry.tracing import Kind, recording_by, span
from tests.e2e.collector import Collector, a_collector

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"
UNSAMPLED = SENT[:-1] + "0"
QUEUE = 64


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with a_collector() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running


async def test_what_has_ended_is_sent_when_the_service_ends(collector: Collector) -> None:
    async with recording("prober", is_on=True):
        with carried(SENT), span("outer", Kind.CONSUMER, {"n": 1, "s": "x"}) as outer:
            with span("inner", Kind.CLIENT) as inner:
                inner.fail("timeout")
            outer.rename("better")
            assert readable(outer.traceparent) == outer.traceparent
    assert [each.name for each in collector.spans] == ["inner", "better"]
    first, last = collector.spans
    assert (last.service, last.kind, last.attributes) == (
        *("outscope-prober", "consumer"),
        {"n": 1, "s": "x"},
    )
    assert (last.trace_id, last.parent_id) == tuple(SENT.split("-")[1:3])
    assert (first.parent_id, first.failed, first.attributes) == (
        *(last.span_id, True),
        {"error.type": "timeout"},
    )


async def test_what_the_caller_does_not_sample_is_not_sent(collector: Collector) -> None:
    async with recording("prober", is_on=True):
        with carried(UNSAMPLED), span("unsampled") as unsampled:
            assert unsampled.traceparent.startswith(UNSAMPLED[:36])
            assert unsampled.traceparent.endswith("-00")
        with carried(SENT), span("sampled"):
            pass
    assert [each.name for each in collector.spans] == ["sampled"]


async def test_the_standard_variables_are_obeyed(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "looker")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    async with recording("prober", is_on=True):
        with span("by chance"):
            pass
        with carried(SENT), span("asked for"):
            pass
    assert [(each.service, each.name) for each in collector.spans] == [("looker", "asked for")]


@pytest.fixture(params=["absent", "silent"])
def dead_endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a collector would be: nothing listens there, or what does never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "silent":
            listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_dead_collector_holds_up_neither_work_nor_end(
    dead_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", dead_endpoint)
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", str(QUEUE))
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", str(QUEUE))
    recorder = OtlpRecorder("prober")
    with recording_by(recorder):
        begun_s = time.monotonic()
        for _ in range(20 * QUEUE):
            with span("work"):
                pass
        assert time.monotonic() - begun_s < 5
    begun_s = time.monotonic()
    recorder.close()
    assert time.monotonic() - begun_s < FLUSH_S + 2


def test_a_setting_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    with pytest.raises(ConfigError, match="max_queue_size"):
        OtlpRecorder("prober")
