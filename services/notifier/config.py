"""The notifier's settings: read once, at start."""

from dataclasses import dataclass
from pathlib import Path

from outscope.certificates import Certificates, opened_certificates
from outscope.config import Address, Environment, IPNetwork, LogSettings
from outscope.netguard.deny_file import DenyFile, opened_deny_file
from outscope.netguard.egress import EgressProxy, egress_proxy
from outscope.netguard.resolve import system_resolvers


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierConfig:
    """Everything the notifier can be told."""

    nats_url: str
    stream_replicas: int
    scheduler_address: str
    # None: nothing between our services is encrypted.
    certificates: Certificates | None
    service_token: str
    concurrency: int
    # Beside them, of those that take long.
    lasting: int
    resolvers: tuple[Address, ...]
    allow_net: tuple[IPNetwork, ...]
    deny_file: DenyFile | None
    ca_file: Path | None
    # None: straight to the endpoints.
    egress_proxy: EgressProxy | None
    contact_url: str
    timeout_s: float
    drain_s: float
    health_listen: Address | None
    log: LogSettings
    is_traced: bool


def config_from(environment: Environment) -> NotifierConfig:
    """Read the settings; raise ConfigError naming the first one that cannot be used."""
    return NotifierConfig(
        nats_url=environment.url("NATS_URL", "nats://127.0.0.1:4222", schemes=("nats", "tls")),
        certificates=opened_certificates(environment.certificate_paths()),
        stream_replicas=environment.integer("OUTSCOPE_STREAM_REPLICAS", 1, minimum=1, maximum=5),
        scheduler_address=environment.text("OUTSCOPE_SCHEDULER_ADDRESS", "127.0.0.1:50051"),
        service_token=environment.text("OUTSCOPE_SERVICE_TOKEN"),
        concurrency=environment.integer(
            "OUTSCOPE_DELIVERY_CONCURRENCY", 100, minimum=1, maximum=10_000
        ),
        lasting=environment.integer("OUTSCOPE_DELIVERY_LASTING", 1000, maximum=10_000),
        resolvers=environment.addresses("OUTSCOPE_RESOLVERS") or system_resolvers(),
        allow_net=environment.networks("OUTSCOPE_ALLOW_NET"),
        deny_file=opened_deny_file("OUTSCOPE_DENY_FILE", environment.file("OUTSCOPE_DENY_FILE")),
        ca_file=environment.file("OUTSCOPE_CA_FILE"),
        egress_proxy=_egress_proxy(environment),
        contact_url=environment.contact_url("OUTSCOPE_CONTACT_URL"),
        timeout_s=environment.seconds("OUTSCOPE_DELIVERY_TIMEOUT", 15.0, minimum=0.1),
        drain_s=environment.seconds("OUTSCOPE_DRAIN", 20.0),
        health_listen=environment.optional_address("OUTSCOPE_HEALTH_LISTEN"),
        log=environment.log_settings(),
        is_traced=environment.is_traced(),
    )


def _egress_proxy(environment: Environment) -> EgressProxy | None:
    if not environment.text("OUTSCOPE_EGRESS_PROXY", ""):
        return None
    return egress_proxy(environment.url("OUTSCOPE_EGRESS_PROXY", "", schemes=("http",)))
