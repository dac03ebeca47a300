"""What operators type about badges: list them, and remove one whoever publishes it."""

import argparse
import json

from outscope.errors import NotFound
from outscope.fqdn import normalised_fqdn
from services.scheduler.domain.badge import Badge
from services.scheduler.store.badges import list_badges, withdraw_badge
from services.scheduler.store.database import Database


def add_badge_commands(badges: argparse.ArgumentParser) -> None:
    """Add the actions to the command that badges are tended with."""
    actions = badges.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list published names, with who publishes them")
    remove = actions.add_parser("remove", help="show a name no longer; any account may publish it")
    remove.add_argument("fqdn", help="such as example.com")
    for action in (listing, remove):
        action.add_argument("--json", action="store_true", help="one JSON value instead of text")


async def tend_badges(database: Database, asked: argparse.Namespace) -> str:
    """Do what was asked of the badges; return what to print."""
    if asked.action == "remove":
        fqdn = normalised_fqdn(asked.fqdn)
        async with database.session() as connection:
            is_removed = await withdraw_badge(connection, fqdn)
        if not is_removed:
            raise NotFound("Nobody publishes this name", field="fqdn", value=asked.fqdn)
        return json.dumps({"removed": fqdn}) if asked.json else f"removed {fqdn}"
    async with database.session() as connection:
        badges = await list_badges(connection)
    if asked.json:
        return json.dumps([_told(badge) for badge in badges])
    return "\n".join(f"{badge.account_id}  {badge.fqdn}" for badge in badges) or "no badge"


def _told(badge: Badge) -> dict[str, object]:
    return {
        "fqdn": badge.fqdn,
        "account_id": badge.account_id,
        "created_at": badge.created_at.isoformat(),
    }
