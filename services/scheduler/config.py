"""The scheduler's settings: read once, at start."""

from dataclasses import dataclass

from outscope.config import Address, ConfigError, Environment, IPNetwork
from services.scheduler.domain.vantage import is_vantage_name


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerConfig:
    """Everything the scheduler can be told."""

    database_url: str
    nats_url: str
    grpc_listen: Address
    service_token: str
    # Checks per minute and key; 0: none.
    rate_limit: int
    # The first is the default one.
    vantage_points: tuple[str, ...]
    check_deadline_s: float
    allow_net: tuple[IPNetwork, ...]
    health_listen: Address | None
    log_level: str
    log_format: str


def config_from(environment: Environment) -> SchedulerConfig:
    """Read the settings; raise ConfigError naming the first one that cannot be used."""
    return SchedulerConfig(
        database_url=database_url_from(environment),
        nats_url=environment.text("NATS_URL", "nats://127.0.0.1:4222"),
        grpc_listen=environment.address("OUTSCOPE_GRPC_LISTEN", "127.0.0.1:50051"),
        service_token=environment.text("OUTSCOPE_SERVICE_TOKEN"),
        rate_limit=environment.integer("OUTSCOPE_RATE_LIMIT", 600),
        vantage_points=_vantage_points(environment),
        check_deadline_s=environment.seconds("OUTSCOPE_CHECK_DEADLINE", 300.0, minimum=1.0),
        allow_net=environment.networks("OUTSCOPE_ALLOW_NET"),
        health_listen=_optional_address(environment, "OUTSCOPE_HEALTH_LISTEN"),
        log_level=environment.text("OUTSCOPE_LOG_LEVEL", "INFO"),
        log_format=environment.text("OUTSCOPE_LOG_FORMAT", "json"),
    )


def database_url_from(environment: Environment) -> str:
    """Read the one setting that tending keys takes."""
    return environment.text("DATABASE_URL")


def _vantage_points(environment: Environment) -> tuple[str, ...]:
    names = environment.items("OUTSCOPE_VANTAGE_POINTS", "eu-west-1,us-east-1")
    for name in names:
        if not is_vantage_name(name):
            raise ConfigError(
                f"OUTSCOPE_VANTAGE_POINTS: {name!r} is no name of small letters, digits and hyphens"
            )
    return tuple(dict.fromkeys(names))


def _optional_address(environment: Environment, name: str) -> Address | None:
    return environment.address(name, "") if environment.text(name, "") else None
