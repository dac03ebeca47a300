"""Serves gRPC: our services, health and reflection, on an address that replicas share."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection

from outscope.clock import Clock, utc_now
from outscope.config import Address, ConfigError
from outscope.rpc.interceptors import MAX_CALLS, CallInterceptor

_GRACE_S: Final = 5.0
# A connection is told to go so long after it was made, calls in work finish on it, and its client
# looks the name up again: so replicas that came later get their share of the calls.
_CONNECTION_AGE_S: Final = 300.0
_OPTIONS: Final = (
    ("grpc.so_reuseport", 1),
    # A batch of 100 checks with every path at its longest, in ASCII, is just below.
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    # A check from 20 vantage points, each with the longest report that the bus takes.
    ("grpc.max_send_message_length", 32 * 1024 * 1024),
)

AddServices = Callable[[grpc.aio.Server], Iterable[str]]


class RpcServer:
    """A server that is listening; its port is known even when 0 was asked for."""

    def __init__(self, port: int, health: health_aio.HealthServicer) -> None:
        self.port = port
        self._health = health

    async def told_ready(self, *, is_ready: bool) -> None:
        """Say SERVING or NOT_SERVING to whoever asks for the health of the whole server."""
        status = health_pb2.HealthCheckResponse
        await self._health.set("", status.SERVING if is_ready else status.NOT_SERVING)


@asynccontextmanager
async def serve(
    listen: Address,
    add_services: AddServices,
    *,
    clock: Clock = utc_now,
    max_calls: int = MAX_CALLS,
    connection_age_s: float = _CONNECTION_AGE_S,
) -> AsyncIterator[RpcServer]:
    """Serve while the context is open; at its end calls in work get a few seconds to finish."""
    age = ("grpc.max_connection_age_ms", round(connection_age_s * 1000))
    server = grpc.aio.server(
        interceptors=[CallInterceptor(clock, max_calls=max_calls)], options=(*_OPTIONS, age)
    )
    names = tuple(add_services(server))
    health = health_aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    reflection.enable_server_reflection(
        (
            *names,
            health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
            reflection.SERVICE_NAME,
        ),
        server,
    )
    host, port = listen
    try:
        bound_port = server.add_insecure_port(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        )
    except RuntimeError as error:
        raise ConfigError(f"OUTSCOPE_GRPC_LISTEN={host}:{port} cannot be bound") from error
    await server.start()
    for name in ("", *names):
        await health.set(name, health_pb2.HealthCheckResponse.SERVING)
    try:
        yield RpcServer(bound_port, health)
    finally:
        await health.enter_graceful_shutdown()
        await server.stop(_GRACE_S)
