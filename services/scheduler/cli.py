"""What operators type, answered for people or as JSON.

Keys, accounts, badges, reviews, dead letters, vantage points, stored secrets, audit, migrate.
"""

import argparse
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from outscope.clock import Clock
from outscope.errors import InvalidRequest
from services.scheduler.account_desk import add_account_commands
from services.scheduler.auditor import add_audit_options
from services.scheduler.badge_desk import add_badge_commands
from services.scheduler.dead_letter_desk import add_dead_letter_commands
from services.scheduler.domain.api_key import ApiKey
from services.scheduler.keyring import Keyring
from services.scheduler.review_desk import add_review_commands
from services.scheduler.secret_desk import add_secret_commands
from services.scheduler.vantage_desk import add_vantage_commands

_DAYS: Final = re.compile(r"(\d{1,5})d", re.ASCII)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; without a command it means serve."""
    top = argparse.ArgumentParser(
        prog="python -m services.scheduler", description="The owner of all state."
    )
    commands = top.add_subparsers(dest="command")
    commands.add_parser("serve", help="serve gRPC and keep checks going (the default)")
    commands.add_parser("migrate", help="bring the database to this version's schema")
    add_audit_options(commands.add_parser("audit", help="prove that nothing is lost or doubled"))
    keys = commands.add_parser("keys", help="make, list and revoke API keys")
    actions = keys.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make a key; it is shown this once")
    create.add_argument("--name", required=True, help="what it is for")
    create.add_argument("--account", metavar="ACC", help="an existing account; else a new one")
    create.add_argument("--expires", metavar="WHEN", help="90d, 2027-01-31 or 2027-01-31T12:00Z")
    _add_limits(create, int)
    limit = actions.add_parser("limit", help="change a key's own limits")
    limit.add_argument("id", metavar="KEY_ID", help="key_…")
    _add_limits(limit, _limit)
    listing = actions.add_parser("list", help="list keys")
    listing.add_argument("--account", metavar="ACC", help="of this account only")
    revoke = actions.add_parser("revoke", help="revoke a key for good")
    revoke.add_argument("id", metavar="KEY_ID", help="key_…")
    for action in (create, limit, listing, revoke):
        action.add_argument("--json", action="store_true", help="one JSON value instead of text")
    add_account_commands(commands.add_parser("accounts", help="list accounts, set retention"))
    add_badge_commands(commands.add_parser("badges", help="list and remove badges"))
    add_review_commands(commands.add_parser("reviews", help="list, export and close reviews"))
    add_dead_letter_commands(
        commands.add_parser("deadletters", help="list, replay and drop what was set aside")
    )
    add_vantage_commands(
        commands.add_parser("vantage-points", help="list them, give one to an account")
    )
    add_secret_commands(commands.add_parser("secrets", help="seal what is stored of webhooks"))
    return top


_LIMITS: Final = {
    "rate_limit": "checks a minute",
    "inflight_limit": "checks pending at once",
    "monthly_quota": "checks a calendar month",
}
# Of a key that is held to its account's limit.
_DEFAULT: Final = "default"


def _add_limits(action: argparse.ArgumentParser, kind: Callable[[str], object]) -> None:
    words = f"; {_DEFAULT}: the account's" if kind is _limit else ""
    for name, meaning in _LIMITS.items():
        option = f"--{name.replace('_', '-')}"
        action.add_argument(option, type=kind, metavar="N", help=f"{meaning}; 0: none{words}")


def _limit(text: str) -> int | str:
    return text if text == _DEFAULT else int(text)


async def tend_keys(keyring: Keyring, asked: argparse.Namespace, clock: Clock) -> str:
    """Do what was asked of the keys; return what to print."""
    if asked.action == "create":
        key, secret = await keyring.create(
            name=asked.name,
            account_id=asked.account,
            expires_at=expiry(asked.expires, clock()) if asked.expires else None,
            rate_limit=asked.rate_limit,
            inflight_limit=asked.inflight_limit,
            monthly_quota=asked.monthly_quota,
        )
        told = {**_told(key), "secret": secret}
        return json.dumps(told) if asked.json else _created_text(key, secret)
    if asked.action == "limit":
        limits = {name: getattr(asked, name) for name in _LIMITS}
        key = await keyring.limit(
            asked.id,
            {
                name: None if value == _DEFAULT else value
                for name, value in limits.items()
                if value is not None
            },
        )
        return json.dumps(_told(key)) if asked.json else limits_text(key)
    if asked.action == "revoke":
        key = await keyring.revoke(asked.id)
        return json.dumps(_told(key)) if asked.json else f"revoked {key.id} ({key.name})"
    keys = await keyring.list(asked.account)
    return json.dumps([_told(key) for key in keys]) if asked.json else key_table(keys, clock())


def expiry(text: str, now: datetime) -> datetime:
    """Return the moment meant by 90d or an ISO 8601 date or time, or raise InvalidRequest."""
    days = _DAYS.fullmatch(text)
    if days is not None:
        return now + timedelta(days=int(days[1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(
            "An expiry is a number of days such as 90d, or a date such as 2027-01-31",
            field="expires",
            value=text,
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _told(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "account_id": key.account_id,
        "name": key.name,
        "created_at": _time(key.created_at),
        "last_used_at": _time(key.last_used_at),
        "expires_at": _time(key.expires_at),
        "revoked_at": _time(key.revoked_at),
        "rate_limit": key.rate_limit,
        "inflight_limit": key.inflight_limit,
        "monthly_quota": key.monthly_quota,
    }


def limits_text(key: ApiKey) -> str:
    """Return a key's limits as a line for people."""
    own = {name: getattr(key, name) for name in _LIMITS}
    told = [
        f"{_LIMITS[name]}: {'as its account' if value is None else value or 'no limit'}"
        for name, value in own.items()
    ]
    return f"key {key.id} ({key.name}): {', '.join(told)}"


def _created_text(key: ApiKey, secret: str) -> str:
    return (
        f"{secret}\n"
        "Keep it now: it is not stored and cannot be shown again.\n"
        f"key {key.id} of account {key.account_id}, named {key.name}, "
        + (f"expires {_time(key.expires_at)}" if key.expires_at else "does not expire")
    )


def key_table(keys: Sequence[ApiKey], now: datetime) -> str:
    """Return keys as lines for people, each with its state at this moment."""
    head = ("KEY", "ACCOUNT", "NAME", "CREATED", "LAST USED", "STATE")
    rows = [
        (
            key.id,
            key.account_id,
            key.name,
            _time(key.created_at) or "",
            _time(key.last_used_at) or "never",
            _state(key, now),
        )
        for key in keys
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {_time(key.revoked_at)}"
    if key.expires_at is None:
        return "valid"
    return f"{'expired' if key.expires_at <= now else 'expires'} {_time(key.expires_at)}"


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
