"""The prober's settings: read once, at start."""

from dataclasses import dataclass
from pathlib import Path

from outscope.certificates import Certificates, opened_certificates
from outscope.config import Address, Environment, IPNetwork, LogSettings
from outscope.netguard.deny_file import DenyFile, opened_deny_file
from outscope.netguard.resolve import system_resolvers
from outscope.user_agent import user_agent
from services.prober.observe.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ProberConfig:
    """Everything the prober can be told."""

    nats_url: str
    # None: nothing between our services is encrypted.
    certificates: Certificates | None
    stream_replicas: int
    vantage_point: str
    # What else is said of where it stands.
    tags: tuple[str, ...]
    # The account it serves alone; empty for all.
    owner: str
    concurrency: int
    resolvers: tuple[Address, ...]
    dns_timeout_s: float
    allow_net: tuple[IPNetwork, ...]
    deny_file: DenyFile | None
    ca_file: Path | None
    user_agent: str
    limits: Limits
    egress_addresses: tuple[str, ...]
    canary: Address | None
    self_test_every_s: float
    drain_s: float
    health_listen: Address | None
    log: LogSettings
    is_traced: bool


def config_from(environment: Environment) -> ProberConfig:
    """Read the settings; raise ConfigError naming the first one that cannot be used."""
    return _config_at(environment.vantage_point("VANTAGE_POINT"), environment)


def config_of_nowhere(environment: Environment) -> ProberConfig:
    """Read the settings of a check without a server, which is made from no vantage point."""
    return _config_at("", environment)


def _config_at(vantage_point: str, environment: Environment) -> ProberConfig:
    return ProberConfig(
        nats_url=environment.url("NATS_URL", "nats://127.0.0.1:4222", schemes=("nats", "tls")),
        certificates=opened_certificates(environment.certificate_paths()),
        stream_replicas=environment.integer("OUTSCOPE_STREAM_REPLICAS", 1, minimum=1, maximum=5),
        vantage_point=vantage_point,
        tags=environment.vantage_tags("OUTSCOPE_TAGS"),
        owner=environment.account("OUTSCOPE_OWNER"),
        concurrency=environment.integer("OUTSCOPE_CONCURRENCY", 200, minimum=1, maximum=10_000),
        resolvers=environment.addresses("OUTSCOPE_RESOLVERS") or system_resolvers(),
        dns_timeout_s=environment.seconds("OUTSCOPE_DNS_TIMEOUT", 3.0, minimum=0.1),
        allow_net=environment.networks("OUTSCOPE_ALLOW_NET"),
        deny_file=opened_deny_file("OUTSCOPE_DENY_FILE", environment.file("OUTSCOPE_DENY_FILE")),
        ca_file=environment.file("OUTSCOPE_CA_FILE"),
        user_agent=user_agent(environment.contact_url("OUTSCOPE_CONTACT_URL")),
        limits=_limits(environment),
        egress_addresses=environment.ip_addresses("OUTSCOPE_EGRESS_ADDRESSES"),
        canary=environment.optional_address("OUTSCOPE_CANARY"),
        self_test_every_s=environment.seconds("OUTSCOPE_SELF_TEST_EVERY", 5.0, minimum=0.1),
        drain_s=environment.seconds("OUTSCOPE_DRAIN", 10.0),
        health_listen=environment.optional_address("OUTSCOPE_HEALTH_LISTEN"),
        log=environment.log_settings(),
        is_traced=environment.is_traced(),
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
