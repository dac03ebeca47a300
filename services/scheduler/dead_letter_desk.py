"""What operators type about dead letters: list them, look at one, replay it, drop it."""

import argparse
import asyncio
import base64
import json
from typing import Final

from outscope.bus.connect import connect_bus
from outscope.bus.publish import BusUnavailable
from outscope.clock import Clock
from outscope.errors import Conflict, InvalidRequest, NotFound, Unavailable
from outscope.ids import CHECK_PREFIX, PROBE_PREFIX, new_id
from services.scheduler.config import ReplayConfig
from services.scheduler.domain.check import NewCheck
from services.scheduler.domain.dead_letter import DeadLetter
from services.scheduler.review_desk import readable_json
from services.scheduler.store.checks import insert_checks
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.dead_letters import (
    delete_dead_letter,
    find_order,
    list_dead_letters,
    lock_dead_letter,
    mark_replayed,
)

_CONNECT_WITHIN_S: Final = 10.0
_DEFAULT_LIMIT: Final = 1000
_MAX_LIMIT: Final = 1_000_000


def add_dead_letter_commands(letters: argparse.ArgumentParser) -> None:
    """Add the actions to the command that dead letters are tended with."""
    actions = letters.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list what was set aside, oldest first")
    listing.add_argument("--all", action="store_true", help="what was replayed, too")
    listing.add_argument("--limit", type=int, default=_DEFAULT_LIMIT, metavar="N")
    show = actions.add_parser("show", help="show one with everything that is known of it")
    replay = actions.add_parser("replay", help="have it carried out again: a check as a new one")
    drop = actions.add_parser("drop", help="delete it for good")
    for action in (show, replay, drop):
        action.add_argument("id", metavar="LETTER_ID", help="dlt_…")
    for action in (listing, show, replay, drop):
        action.add_argument("--json", action="store_true", help="one JSON value instead of text")


async def tend_dead_letters(
    database: Database, asked: argparse.Namespace, config: ReplayConfig, clock: Clock
) -> str:
    """Do what was asked of the dead letters; return what to print."""
    if asked.action == "list":
        if not 0 < asked.limit <= _MAX_LIMIT:
            raise InvalidRequest(
                f"--limit must be a number from 1 to {_MAX_LIMIT}", field="limit", value=asked.limit
            )
        async with database.session() as connection:
            letters = await list_dead_letters(
                connection, with_replayed=asked.all, limit=asked.limit
            )
        if asked.json:
            return json.dumps([_told(each) for each in letters])
        return "\n".join(map(_line, letters)) or "no dead letter"
    async with database.transaction() as connection:
        letter = await lock_dead_letter(connection, asked.id)
        if letter is None:
            raise NotFound(f"There is no dead letter {asked.id}", field="id", value=asked.id)
        if asked.action == "drop":
            await delete_dead_letter(connection, letter.id)
            return json.dumps({"dropped": letter.id}) if asked.json else f"dropped {letter.id}"
        if asked.action == "replay":
            done = await _replay(connection, letter, config, clock)
            return json.dumps({"replayed_as": done}) if asked.json else f"replayed as {done}"
    return json.dumps(_told(letter)) if asked.json else _page(letter)


async def _replay(
    connection: Connection, letter: DeadLetter, config: ReplayConfig, clock: Clock
) -> str:
    """Have it carried out once more; return as what. The check that failed stays as it is."""
    if letter.replayed_at is not None:
        raise Conflict(f"It was replayed already, at {letter.replayed_at.isoformat()}")
    if letter.subject is not None:
        await _publish(config, letter.subject, letter.payload or b"")
        await mark_replayed(connection, letter.id, None)
        return letter.subject
    order = await find_order(connection, letter.check_id or "")
    if order is None:
        raise NotFound("Its check was deleted", field="id", value=letter.id)
    unix_ms = int(clock().timestamp() * 1000)
    account_id, request_id, spec = order
    check = NewCheck(
        id=new_id(CHECK_PREFIX, unix_ms),
        probe_id=new_id(PROBE_PREFIX, unix_ms),
        account_id=account_id,
        spec=spec,
        # Its lines are found by what the caller knows, as those of the first were.
        request_id=request_id,
        further_probe_ids=tuple(new_id(PROBE_PREFIX, unix_ms) for _ in spec.vantage_points[1:]),
    )
    # Queued and due: the sweep of a running scheduler publishes it.
    await insert_checks(connection, [check], grace_s=0, deadline_s=config.check_deadline_s)
    await mark_replayed(connection, letter.id, check.id)
    return check.id


async def _publish(config: ReplayConfig, subject: str, payload: bytes) -> None:
    try:
        async with (
            asyncio.timeout(_CONNECT_WITHIN_S),
            connect_bus(
                config.nats_url, "scheduler-deadletters", certificates=config.certificates
            ) as bus,
        ):
            await bus.publish(subject, payload)
    except (BusUnavailable, TimeoutError) as error:
        raise Unavailable("NATS does not take the message; look at NATS_URL") from error


def _told(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": letter.id,
        "kind": letter.kind,
        "created_at": letter.created_at.isoformat(),
        "reason": letter.reason,
        "check_id": letter.check_id,
        "vantage_point": letter.vantage_point,
        "subject": letter.subject,
        "payload_base64": None
        if letter.payload is None
        else base64.b64encode(letter.payload).decode(),
        "replayed_at": letter.replayed_at.isoformat() if letter.replayed_at else None,
        "replayed_as": letter.replayed_as,
    }


def _page(letter: DeadLetter) -> str:
    lines = (
        f"  {json.dumps(name)}: {readable_json(value)}" for name, value in _told(letter).items()
    )
    return "{\n" + ",\n".join(lines) + "\n}"


def _line(letter: DeadLetter) -> str:
    """Return one line; what others wrote is escaped, as it goes to a terminal."""
    what = letter.check_id or letter.subject or ""
    moment = letter.created_at.isoformat(timespec="seconds")
    state = "replayed" if letter.replayed_at else ""
    words = (letter.id, moment, letter.kind, what, readable_json(letter.reason), state)
    return "  ".join(word for word in words if word)
