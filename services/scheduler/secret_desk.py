"""What operators type about stored secrets: make a key, seal everything by it, or undo that.

Law: a value that cannot be opened is left as it is and told; every other one is done, and doing it
again changes nothing. Schedulers may run meanwhile.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from outscope.errors import Conflict, InvalidRequest, Unavailable
from services.scheduler.sealing import Seal
from services.scheduler.store.database import Database
from services.scheduler.store.sealed import (
    SEALED_COLUMNS,
    replace_value,
    stored_values,
    webhook_ids_after,
)

_BATCH: Final = 500


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the values gone through."""

    changed: int = 0
    unchanged: int = 0
    # Webhooks with something that no key opens.
    unreadable: set[str] = field(default_factory=set)


def add_secret_commands(secrets: argparse.ArgumentParser) -> None:
    """Add the actions to the command that stored secrets are tended with."""
    actions = secrets.add_subparsers(dest="action", required=True)
    actions.add_parser("new-key", help="print a fresh key for OUTSCOPE_SECRET_KEYS")
    rotate = actions.add_parser("rotate", help="seal all by the first of OUTSCOPE_SECRET_KEYS")
    unseal = actions.add_parser("unseal", help="store all in plain text again")
    for action in (rotate, unseal):
        action.add_argument("--json", action="store_true", help="one JSON value instead of text")


async def tend_secrets(database: Database, asked: argparse.Namespace, keys: Sequence[str]) -> str:
    """Do what was asked of the stored secrets; return what to print."""
    if not keys:
        raise InvalidRequest(
            "There is no key: set OUTSCOPE_SECRET_KEYS, which `secrets new-key` makes one for",
            field="OUTSCOPE_SECRET_KEYS",
        )
    opening = Seal(keys)
    tally = await _stored_by(database, opening, opening if asked.action == "rotate" else Seal())
    if tally.unreadable:
        raise Conflict(
            f"{tally.changed} values were changed; add back the key that sealed those of "
            f"{', '.join(sorted(tally.unreadable))}, and do it again"
        )
    if asked.json:
        return json.dumps({"changed": tally.changed, "unchanged": tally.unchanged})
    return f"changed {tally.changed}, as wanted already {tally.unchanged}"


async def _stored_by(database: Database, opening: Seal, closing: Seal) -> Tally:
    """Store by one seal what another opens, of every webhook."""
    tally, last = Tally(), ""
    while True:
        async with database.transaction() as connection:
            webhook_ids = await webhook_ids_after(connection, last, limit=_BATCH)
            if not webhook_ids:
                return tally
            for where in SEALED_COLUMNS:
                for webhook_id, stored in await stored_values(connection, where, webhook_ids):
                    if closing.is_current(stored):
                        tally.unchanged += 1
                        continue
                    try:
                        wanted = closing.sealed(opening.opened(stored))
                    except Unavailable:
                        tally.unreadable.add(webhook_id)
                        continue
                    tally.changed += await replace_value(
                        connection, where, webhook_id, before=stored, after=wanted
                    )
        last = webhook_ids[-1]
