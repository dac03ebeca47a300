"""What operators type about accounts: list them, and say for how long their checks are kept."""

import argparse
import json

from outscope.errors import NotFound
from services.scheduler.domain.account import FOR_EVER, Account, checked_retention
from services.scheduler.store.accounts import list_accounts, set_retention
from services.scheduler.store.database import Database


def add_account_commands(accounts: argparse.ArgumentParser) -> None:
    """Add the actions to the command that accounts are tended with."""
    actions = accounts.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list accounts, oldest first")
    retention = actions.add_parser("retention", help="say for how long checks are kept")
    retention.add_argument("id", metavar="ACC", help="acc_…")
    days = retention.add_mutually_exclusive_group(required=True)
    days.add_argument("--days", type=int, metavar="N", help="0: for ever")
    days.add_argument("--default", action="store_true", help="as OUTSCOPE_RETENTION_DAYS says")
    for action in (listing, retention):
        action.add_argument("--json", action="store_true", help="one JSON value instead of text")


async def tend_accounts(database: Database, asked: argparse.Namespace) -> str:
    """Do what was asked of the accounts; return what to print."""
    if asked.action == "retention":
        days = None if asked.default else checked_retention(asked.days)
        async with database.session() as connection:
            account = await set_retention(connection, asked.id, days)
        if account is None:
            raise NotFound("There is no such account", field="id", value=asked.id)
        return json.dumps(_told(account)) if asked.json else _line(account)
    async with database.session() as connection:
        accounts = await list_accounts(connection)
    if asked.json:
        return json.dumps([_told(account) for account in accounts])
    return "\n".join(map(_line, accounts)) or "no account"


def _told(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "created_at": account.created_at.isoformat(),
        "retention_days": account.retention_days,
    }


def _line(account: Account) -> str:
    return f"{account.id}  checks kept {_kept(account.retention_days)}  {account.name}"


def _kept(days: int | None) -> str:
    if days is None:
        return "as configured"
    return "for ever" if days == FOR_EVER else f"for {days} days"
