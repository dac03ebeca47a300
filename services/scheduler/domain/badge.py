"""A name whose verdict an account shows everybody."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A published name."""

    # Normalised.
    fqdn: str
    account_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCheck:
    """Which check a badge shows, and whose it is."""

    account_id: str
    # None when the account has no completed check with the default ports and paths.
    check_id: str | None
