"""The scheduler's settings: read once, at start."""

from dataclasses import dataclass

from outscope.certificates import Certificates, opened_certificates
from outscope.config import Address, ConfigError, Environment, IPNetwork, LogSettings
from outscope.netguard.deny_file import DenyFile, opened_deny_file
from outscope.rpc.peer import is_identity
from outscope.rpc.server import ServerIdentity
from services.scheduler.domain.account import MAX_RETENTION_DAYS
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.endpoint import OF_ACCOUNT, Pace
from services.scheduler.domain.limits import DefaultLimits
from services.scheduler.sealing import is_key
from services.scheduler.store.url import secured_url


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerConfig:
    """Everything the scheduler can be told."""

    database_url: str
    nats_url: str
    stream_replicas: int
    # None: nothing between our services is encrypted.
    certificates: Certificates | None
    grpc_listen: Address
    server_identity: ServerIdentity | None
    service_token: str
    # Who may make the calls that are for our own services, as its certificate says; None: whoever
    # has the token.
    service_identities: frozenset[str] | None
    # Of an account, where its key has none of its own.
    limits: DefaultLimits
    # Checks that may wait at one vantage point; 0: any number.
    max_waiting: int
    # gRPC calls served at once, streams not counted.
    max_calls: int
    # Checks one account may wait for at once; 0: any number.
    max_watches: int
    # The first is the default one.
    vantage_points: tuple[str, ...]
    check_deadline_s: float
    # How long checks wait where no prober is alive and fit.
    vantage_patience_s: float
    # Of accounts that have none of their own; 0: for ever.
    retention_days: int
    # How long ended and held deliveries are kept; 0: as long as their checks.
    webhook_retention_days: int
    audit_retention_days: int
    endpoint_pace: Pace
    # What seals stored secrets, newest first; none: they are stored as they are.
    secret_keys: tuple[str, ...]
    budget: Budget
    allow_net: tuple[IPNetwork, ...]
    deny_file: DenyFile | None
    health_listen: Address | None
    log: LogSettings
    is_traced: bool


def config_from(environment: Environment) -> SchedulerConfig:
    """Read the settings; raise ConfigError naming the first one that cannot be used."""
    certificates = opened_certificates(environment.certificate_paths())
    return SchedulerConfig(
        database_url=database_url_from(environment),
        nats_url=nats_url_from(environment),
        stream_replicas=environment.integer("OUTSCOPE_STREAM_REPLICAS", 1, minimum=1, maximum=5),
        certificates=certificates,
        grpc_listen=environment.address("OUTSCOPE_GRPC_LISTEN", "127.0.0.1:50051"),
        server_identity=_server_identity(environment, certificates),
        service_token=environment.text("OUTSCOPE_SERVICE_TOKEN"),
        service_identities=_service_identities(environment) if certificates else None,
        limits=_limits(environment),
        max_waiting=environment.integer("OUTSCOPE_MAX_WAITING", 100_000),
        max_calls=environment.integer("OUTSCOPE_MAX_CALLS", 2000, minimum=1),
        max_watches=environment.integer("OUTSCOPE_MAX_WATCHES", 100),
        vantage_points=environment.vantage_points("OUTSCOPE_VANTAGE_POINTS", "eu-west-1,us-east-1"),
        check_deadline_s=_check_deadline_s(environment),
        vantage_patience_s=environment.seconds("OUTSCOPE_VANTAGE_PATIENCE", 60.0, minimum=1.0),
        retention_days=environment.integer(
            "OUTSCOPE_RETENTION_DAYS", 0, maximum=MAX_RETENTION_DAYS
        ),
        webhook_retention_days=environment.integer(
            "OUTSCOPE_WEBHOOK_RETENTION", 90, maximum=MAX_RETENTION_DAYS
        ),
        audit_retention_days=environment.integer(
            "OUTSCOPE_AUDIT_RETENTION", 365, maximum=MAX_RETENTION_DAYS
        ),
        endpoint_pace=_endpoint_pace(environment),
        secret_keys=secret_keys_from(environment),
        budget=_budget(environment),
        allow_net=environment.networks("OUTSCOPE_ALLOW_NET"),
        deny_file=opened_deny_file("OUTSCOPE_DENY_FILE", environment.file("OUTSCOPE_DENY_FILE")),
        health_listen=environment.optional_address("OUTSCOPE_HEALTH_LISTEN"),
        log=environment.log_settings(),
        is_traced=environment.is_traced(),
    )


def _limits(environment: Environment) -> DefaultLimits:
    return DefaultLimits(
        rate=environment.integer("OUTSCOPE_RATE_LIMIT", 600),
        in_flight=environment.integer("OUTSCOPE_INFLIGHT_LIMIT", 0),
        monthly=environment.integer("OUTSCOPE_MONTHLY_QUOTA", 0),
    )


def _endpoint_pace(environment: Environment) -> Pace:
    return Pace(
        at_once=environment.integer("OUTSCOPE_ENDPOINT_CONCURRENCY", 16, minimum=1, maximum=1000),
        rate=environment.integer("OUTSCOPE_ENDPOINT_RATE", 100, maximum=100_000),
        of_account=environment.integer(
            "OUTSCOPE_ACCOUNT_DELIVERIES", OF_ACCOUNT, minimum=1, maximum=100_000
        ),
    )


def _budget(environment: Environment) -> Budget:
    """Read what a target may be asked; a budget set on purpose covers opened ranges too."""
    host, host_is_set = _requests(environment, "OUTSCOPE_TARGET_BUDGET_HOST", 60)
    address, address_is_set = _requests(environment, "OUTSCOPE_TARGET_BUDGET_ADDRESS", 600)
    return Budget(
        host=host,
        address=address,
        host_covers_opened=host_is_set,
        address_covers_opened=address_is_set,
    )


def _requests(environment: Environment, name: str, default: int) -> tuple[int, bool]:
    return environment.integer(name, default), bool(environment.text(name, ""))


def _server_identity(
    environment: Environment, certificates: Certificates | None
) -> ServerIdentity | None:
    listen = environment.optional_address("OUTSCOPE_GRPC_PUBLIC_LISTEN")
    if certificates is not None:
        return ServerIdentity(certificates=certificates, public_listen=listen)
    if listen is not None:
        raise ConfigError(
            "OUTSCOPE_GRPC_PUBLIC_LISTEN is for callers without a certificate, and without "
            "OUTSCOPE_MTLS_CERT nobody needs one: OUTSCOPE_GRPC_LISTEN is enough"
        )
    return None


def _service_identities(environment: Environment) -> frozenset[str]:
    name = "OUTSCOPE_SERVICE_IDENTITIES"
    identities = environment.items("OUTSCOPE_SERVICE_IDENTITIES", "spiffe://outscope/notifier")
    for each in identities:
        if not is_identity(each):
            raise ConfigError(f"{name}={each!r} must be spiffe://DOMAIN/NAME")
    return frozenset(identities)


def database_url_from(environment: Environment) -> str:
    """Read the one setting that tending keys takes; with a certificate it is shown to Postgres."""
    url, paths = environment.text("DATABASE_URL"), environment.certificate_paths()
    if paths is None:
        return url
    return secured_url(url, ca=paths.ca, certificate=paths.certificate, key=paths.key)


def secret_keys_from(environment: Environment) -> tuple[str, ...]:
    """Read what seals stored secrets; a bad one is told by its place, never shown."""
    keys = environment.items("OUTSCOPE_SECRET_KEYS")
    for place, key in enumerate(keys, 1):
        if not is_key(key):
            raise ConfigError(
                f"OUTSCOPE_SECRET_KEYS: item {place} is no key; "
                "python -m services.scheduler secrets new-key makes one"
            )
    return keys


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayConfig:
    """What replaying a dead letter takes beside the database."""

    nats_url: str
    check_deadline_s: float
    certificates: Certificates | None = None


def replay_config_from(environment: Environment) -> ReplayConfig:
    """Read it; raises ConfigError."""
    return ReplayConfig(
        nats_url=nats_url_from(environment),
        certificates=opened_certificates(environment.certificate_paths()),
        check_deadline_s=_check_deadline_s(environment),
    )


def nats_url_from(environment: Environment) -> str:
    """Read the other setting that an audit takes."""
    return environment.url("NATS_URL", "nats://127.0.0.1:4222", schemes=("nats", "tls"))


def _check_deadline_s(environment: Environment) -> float:
    return environment.seconds("OUTSCOPE_CHECK_DEADLINE", 300.0, minimum=1.0)
