"""Does what an operator typed, with the database open, and returns what to print."""

from argparse import Namespace
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from outscope.clock import Clock
from services.scheduler.account_desk import tend_accounts
from services.scheduler.badge_desk import tend_badges
from services.scheduler.cli import tend_keys
from services.scheduler.config import ReplayConfig
from services.scheduler.dead_letter_desk import tend_dead_letters
from services.scheduler.keyring import Keyring
from services.scheduler.review_desk import tend_reviews
from services.scheduler.secret_desk import tend_secrets
from services.scheduler.store.database import Database, open_database
from services.scheduler.store.migrate import migrate
from services.scheduler.vantage_desk import tend_vantages

# Whose tending takes the database alone.
_TENDED: Final[Mapping[str, Callable[[Database, Namespace], Awaitable[str]]]] = {
    "accounts": tend_accounts,
    "badges": tend_badges,
    "reviews": tend_reviews,
    "vantage-points": tend_vantages,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandConfig:
    """What commands take; what only some of them take is read when one of those is typed."""

    database_url: str
    secret_keys: Callable[[], tuple[str, ...]]
    replay: Callable[[], ReplayConfig]


async def run_command(config: CommandConfig, asked: Namespace, clock: Clock) -> str:
    """Bring the database up to date and do what was typed; raises ConfigError or a Refusal."""
    applied = await migrate(config.database_url)
    if asked.command == "migrate":
        return "\n".join(f"applied {name}" for name in applied) or "nothing to apply"
    async with open_database(config.database_url) as database:
        if asked.command in _TENDED:
            return await _TENDED[asked.command](database, asked)
        if asked.command == "deadletters":
            return await tend_dead_letters(database, asked, config.replay(), clock)
        if asked.command == "secrets":
            return await tend_secrets(database, asked, config.secret_keys())
        return await tend_keys(Keyring(database, clock), asked, clock)
