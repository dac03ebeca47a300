"""Metrics in Prometheus' text format, by OpenTelemetry's and Prometheus' naming."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

__all__ = [
    "RPC_ACTIVE",
    "RPC_DURATION_SECONDS",
    "RPC_PLACES",
    "Counter",
    "Gauge",
    "Histogram",
    "render",
]

RPC_DURATION_SECONDS = Histogram(
    "outscope_rpc_server_duration_seconds",
    "Duration of gRPC calls served, by method and status code.",
    ("method", "code"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RPC_ACTIVE = Gauge(
    "outscope_rpc_server_active_calls",
    "gRPC calls and streams in work: of calls OUTSCOPE_MAX_CALLS at most.",
    ("kind",),
)
RPC_PLACES = Gauge(
    "outscope_rpc_server_places", "gRPC calls and streams that may be in work at once.", ("kind",)
)


def render() -> tuple[bytes, str]:
    """Return all metrics of the process and their content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
