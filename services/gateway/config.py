"""The gateway's settings: read once, at start."""

from dataclasses import dataclass

from outscope.certificates import Certificates, opened_certificates
from outscope.config import Address, ConfigError, Environment, LogSettings
from services.gateway.console.session import is_session_key


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """Everything the gateway can be told."""

    rest_listen: Address
    scheduler_address: str
    # None: nothing is encrypted.
    certificates: Certificates | None
    deadline_s: float
    # Requests in work at once.
    max_requests: int
    drain_s: int
    # Requests that may wait for a check at once.
    max_waits: int
    # PDFs made at once, each by a process.
    max_pdfs: int
    # What seals the sessions of the console, newest first; one of this process when empty.
    console_keys: tuple[str, ...]
    log: LogSettings
    is_traced: bool


def config_from(environment: Environment) -> GatewayConfig:
    """Read the settings; raise ConfigError naming the first one that cannot be used."""
    return GatewayConfig(
        rest_listen=environment.address("OUTSCOPE_REST_LISTEN", "127.0.0.1:8080"),
        scheduler_address=environment.text("OUTSCOPE_SCHEDULER_ADDRESS", "127.0.0.1:50051"),
        certificates=opened_certificates(environment.certificate_paths()),
        deadline_s=environment.seconds("OUTSCOPE_SCHEDULER_DEADLINE", 10.0, minimum=0.1),
        max_requests=environment.integer("OUTSCOPE_MAX_REQUESTS", 5000, minimum=1),
        drain_s=environment.integer("OUTSCOPE_DRAIN", 20, minimum=1, maximum=3600),
        max_waits=environment.integer("OUTSCOPE_MAX_WAITS", 1000, minimum=1),
        max_pdfs=environment.integer("OUTSCOPE_MAX_PDFS", 2, minimum=1, maximum=64),
        console_keys=_console_keys_from(environment),
        log=environment.log_settings(),
        is_traced=environment.is_traced(),
    )


def _console_keys_from(environment: Environment) -> tuple[str, ...]:
    """Read what seals sessions; a bad one is told by its place, never shown."""
    keys = environment.items("OUTSCOPE_CONSOLE_KEYS")
    for place, key in enumerate(keys, 1):
        if not is_session_key(key):
            raise ConfigError(
                f"OUTSCOPE_CONSOLE_KEYS: item {place} is no key of 32 bytes in URL-safe base64; "
                "openssl rand -base64 32 | tr +/ -_ makes one"
            )
    return keys
