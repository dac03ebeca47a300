"""Serves gRPC: our services, health and reflection, on addresses that replicas share.

With certificates, whoever calls must show one that our authority has made; at the public address
nobody has to, and whoever calls there is known by an API key alone.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection

from outscope.certificates import Certificate, Certificates
from outscope.clock import Clock, utc_now
from outscope.config import Address, ConfigError
from outscope.rpc.interceptors import MAX_CALLS, CallInterceptor

_GRACE_S: Final = 5.0
# A connection is told to go so long after it was made, calls in work finish on it, and its client
# looks the name up again: so replicas that came later get their share of the calls.
_CONNECTION_AGE_S: Final = 300.0
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - told apart
_OPTIONS: Final = (
    ("grpc.so_reuseport", 1),
    # A batch of 100 checks with every path at its longest, in ASCII, is just below.
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    # A check from 20 vantage points, each with the longest report that the bus takes.
    ("grpc.max_send_message_length", 32 * 1024 * 1024),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerIdentity:
    """What a server proves itself by, and where callers need not."""

    certificates: Certificates
    # None: every caller shows a certificate.
    public_listen: Address | None = None


AddServices = Callable[[grpc.aio.Server], Iterable[str]]


class RpcServer:
    """A server that is listening; its ports are known even when 0 was asked for."""

    def __init__(
        self, port: int, health: health_aio.HealthServicer, *, public_port: int | None = None
    ) -> None:
        self.port = port
        self.public_port = public_port
        self.is_serving = True
        self._health = health

    async def told_ready(self, *, is_ready: bool) -> None:
        """Say SERVING or NOT_SERVING to whoever asks for the health of the whole server."""
        self.is_serving = is_ready
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
    identity: ServerIdentity | None = None,
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
    port, public_port = _bound(server, listen, identity)
    await server.start()
    for name in ("", *names):
        await health.set(name, health_pb2.HealthCheckResponse.SERVING)
    serving = RpcServer(port, health, public_port=public_port)
    try:
        yield serving
    finally:
        serving.is_serving = False
        await health.enter_graceful_shutdown()
        await server.stop(_GRACE_S)


def _bound(
    server: grpc.aio.Server, listen: Address, identity: ServerIdentity | None
) -> tuple[int, int | None]:
    """Bind the addresses; return the ports."""
    if identity is None:
        return _bind("OUTSCOPE_GRPC_LISTEN", listen, server.add_insecure_port), None
    port = _bind("OUTSCOPE_GRPC_LISTEN", listen, _securely(server, identity, asks_for_client=True))
    if identity.public_listen is None:
        return port, None
    if _overlaps((listen[0], port), identity.public_listen):
        raise ConfigError(
            "OUTSCOPE_GRPC_PUBLIC_LISTEN and OUTSCOPE_GRPC_LISTEN are one address: set another port"
        )
    anybody = _securely(server, identity, asks_for_client=False)
    return port, _bind("OUTSCOPE_GRPC_PUBLIC_LISTEN", identity.public_listen, anybody)


def _overlaps(one: Address, other: Address) -> bool:
    """Tell whether a connection could come to either, by chance: addresses are shared."""
    hosts = {one[0], other[0]}
    return one[1] == other[1] and (len(hosts) == 1 or not hosts.isdisjoint(_EVERYWHERE))


def _bind(setting: str, listen: Address, add_port: Callable[[str], int]) -> int:
    host, port = listen
    try:
        return add_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except RuntimeError as error:
        raise ConfigError(f"{setting}={host}:{port} cannot be bound") from error


def _securely(
    server: grpc.aio.Server, identity: ServerIdentity, *, asks_for_client: bool
) -> Callable[[str], int]:
    """Return how to bind an address that is encrypted; each connection has what is there then."""
    certificates = identity.certificates
    given = certificates.look()

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal given
        current = certificates.look()
        if current is given:
            return None
        given = current
        return _configuration(current)

    credentials = grpc.dynamic_ssl_server_credentials(
        _configuration(given),
        renewed,  # type: ignore[arg-type]  # None stands for no change, as its documentation says
        require_client_authentication=asks_for_client,
    )
    return lambda address: server.add_secure_port(address, credentials)


def _configuration(ours: Certificate) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(ours.key, ours.chain)], ours.ca)
