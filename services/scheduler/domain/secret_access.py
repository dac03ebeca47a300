"""Who asked for the signing secret of a webhook."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Access(StrEnum):
    """What was done with a secret."""

    READ = "secret_read"
    ROTATED = "secret_rotated"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedAccess:
    """Who did it, and when."""

    action: Access
    at: datetime
    # Of the API key.
    key_id: str
