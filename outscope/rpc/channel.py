"""Opens channels to our own services."""

from typing import Final

import grpc.aio

_OPTIONS: Final = (
    # Reconnect quickly: a restarted replica is back within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Notice a peer that is gone without a word.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # Several replicas behind one name share the calls.
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.enable_http_proxy", 0),
)


def open_channel(address: str) -> grpc.aio.Channel:
    """Return a channel to HOST:PORT or a gRPC target such as dns:///scheduler:50051."""
    return grpc.aio.insecure_channel(address, options=_OPTIONS)
