"""The prober's settings: read once, at start."""

from dataclasses import dataclass
from pathlib import Path

from outscope import VERSION
from outscope.config import Address, Environment, IPNetwork
from outscope.netguard.resolve import system_resolvers
from services.prober.observe.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ProberConfig:
    """Everything the prober can be told."""

    nats_url: str
    vantage_point: str
    concurrency: int
    resolvers: tuple[Address, ...]
    dns_timeout_s: float
    allow_net: tuple[IPNetwork, ...]
    ca_file: Path | None
    user_agent: str
    limits: Limits
    drain_s: float
    health_listen: Address | None
    log_level: str
    log_format: str


def config_from(environment: Environment) -> ProberConfig:
    """Read the settings; raise ConfigError naming the first one that cannot be used."""
    return ProberConfig(
        nats_url=environment.text("NATS_URL", "nats://127.0.0.1:4222"),
        vantage_point=environment.text("VANTAGE_POINT"),
        concurrency=environment.integer("OUTSCOPE_CONCURRENCY", 200, minimum=1, maximum=10_000),
        resolvers=environment.addresses("OUTSCOPE_RESOLVERS") or system_resolvers(),
        dns_timeout_s=environment.seconds("OUTSCOPE_DNS_TIMEOUT", 3.0, minimum=0.1),
        allow_net=environment.networks("OUTSCOPE_ALLOW_NET"),
        ca_file=environment.file("OUTSCOPE_CA_FILE"),
        user_agent=_user_agent(environment.text("OUTSCOPE_CONTACT_URL", "")),
        limits=_limits(environment),
        drain_s=environment.seconds("OUTSCOPE_DRAIN", 10.0),
        health_listen=_optional_address(environment, "OUTSCOPE_HEALTH_LISTEN"),
        log_level=environment.text("OUTSCOPE_LOG_LEVEL", "INFO"),
        log_format=environment.text("OUTSCOPE_LOG_FORMAT", "json"),
    )


def _limits(environment: Environment) -> Limits:
    default = Limits()
    return Limits(
        connect_timeout_s=environment.seconds(
            "OUTSCOPE_CONNECT_TIMEOUT", default.connect_timeout_s, minimum=0.1
        ),
        tls_timeout_s=environment.seconds(
            "OUTSCOPE_TLS_TIMEOUT", default.tls_timeout_s, minimum=0.1
        ),
        http_timeout_s=environment.seconds(
            "OUTSCOPE_HTTP_TIMEOUT", default.http_timeout_s, minimum=0.1
        ),
        deadline_s=environment.seconds("OUTSCOPE_PROBE_DEADLINE", default.deadline_s, minimum=0.1),
    )


def _user_agent(contact_url: str) -> str:
    return f"OutScope/{VERSION} (+{contact_url})" if contact_url else f"OutScope/{VERSION}"


def _optional_address(environment: Environment, name: str) -> Address | None:
    return environment.address(name, "") if environment.text(name, "") else None
