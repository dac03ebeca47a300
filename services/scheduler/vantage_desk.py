"""What operators type about vantage points: list them, give one to an account, share it again."""

import argparse
import json
from typing import Final

from outscope.errors import InvalidRequest, NotFound
from outscope.vantage import is_vantage_name
from services.scheduler.store.database import Database
from services.scheduler.store.vantage_points import NotedVantage, give, list_noted, share

_PRESENT_S: Final = 60.0


def add_vantage_commands(vantages: argparse.ArgumentParser) -> None:
    """Add the actions to the command that vantage points are tended with."""
    actions = vantages.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list those that had a prober or have an owner")
    giving = actions.add_parser("give", help="let one account alone know and use it")
    giving.add_argument("name", metavar="NAME", help="before its first prober starts, best")
    giving.add_argument("--account", metavar="ACC", required=True, help="acc_…")
    sharing = actions.add_parser("share", help="let everybody use it")
    sharing.add_argument("name", metavar="NAME")
    for action in (listing, giving, sharing):
        action.add_argument("--json", action="store_true", help="one JSON value instead of text")


async def tend_vantages(database: Database, asked: argparse.Namespace) -> str:
    """Do what was asked of the vantage points; return what to print."""
    async with database.session() as connection:
        if asked.action == "give":
            if not is_vantage_name(asked.name):
                raise InvalidRequest(
                    "A vantage point is named by small letters, digits and hyphens",
                    field="name",
                    value=asked.name,
                )
            if not await give(connection, asked.name, asked.account):
                raise NotFound("There is no such account", field="account", value=asked.account)
        elif asked.action == "share" and not await share(connection, asked.name):
            raise NotFound(
                "There is no such vantage point that an account has", field="name", value=asked.name
            )
        noted = await list_noted(connection, present_s=_PRESENT_S)
    if asked.action != "list":
        noted = [each for each in noted if each.name == asked.name]
    if asked.json:
        return json.dumps([_told(each) for each in noted])
    return "\n".join(map(_line, noted)) or "no vantage point"


def _told(noted: NotedVantage) -> dict[str, object]:
    return {
        "name": noted.name,
        "tags": list(noted.tags),
        "is_present": noted.is_present,
        "account_id": noted.owner,
    }


def _line(noted: NotedVantage) -> str:
    whose = f"of {noted.owner} alone" if noted.owner else "of everybody"
    there = "has probers" if noted.is_present else "without a prober"
    return "  ".join(filter(None, (noted.name, whose, there, " ".join(noted.tags))))
