"""Where the running system is reached: the object of --json and of endpoints.json."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ROLES: Final = ("gateway", "scheduler", "prober", "notifier", "nats", "postgres")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Addresses, the key, and how to ask for the present process ids of a role."""

    rest: str
    grpc: str
    api_key: str
    postgres: str
    nats: str
    pids: Callable[[str], list[int]]
    # The settings by which the scheduler's own commands connect; none where nothing is encrypted.
    tls: Mapping[str, str] = field(default_factory=dict)

    def as_object(self) -> dict[str, Any]:
        """Return the object as it is at this moment."""
        return {
            "rest": self.rest,
            "grpc": self.grpc,
            "api_key": self.api_key,
            "postgres": self.postgres,
            "nats": self.nats,
            **({"tls": dict(self.tls)} if self.tls else {}),
            "pids": {role: self.pids(role) for role in ROLES},
        }
