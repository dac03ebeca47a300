"""Proves the invariants on a live database and bus, from outside and without changing anything.

The streams are read before the rows: whatever a stream holds was committed before it was sent, so
its row is in the snapshot. What is found broken is looked at again after a while, and told only if
it is broken still: a healthy system has always something on its way.
"""

import argparse
import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Final, TypeAlias

from outscope.bus.publish import BusUnavailable
from outscope.bus.stored import StoredMessage, StreamReader, reading_streams
from outscope.bus.subjects import (
    DELIVERIES_STREAM,
    DELIVERY_ATTEMPTS_STREAM,
    JOBS_STREAM,
    LOST_JOBS_STREAM,
    REPORTS_STREAM,
)
from outscope.certificates import Certificates
from outscope.config import redacted
from outscope.errors import Unavailable
from services.scheduler.domain.invariant import (
    INVARIANTS,
    Break,
    InvariantName,
    break_line,
    break_object,
    lasting,
)
from services.scheduler.store.audit import broken_rows, snapshot
from services.scheduler.store.audit_messages import unwanted
from services.scheduler.store.database import Connection
from services.scheduler.translate.lost import lost_job_in
from services.scheduler.translate.report import UndecodableError
from services.scheduler.translate.stored import named_in

GRACE_S: Final = 60.0
EXIT_HOLDS: Final = 0
EXIT_BROKEN: Final = 1
EXIT_UNREACHABLE: Final = 2

_INVARIANTS: Final[Mapping[str, InvariantName]] = {
    JOBS_STREAM.name: InvariantName.JOB_IS_WANTED,
    REPORTS_STREAM.name: InvariantName.REPORT_HAS_PROBE,
    DELIVERIES_STREAM.name: InvariantName.DELIVERY_JOB_IS_WANTED,
    DELIVERY_ATTEMPTS_STREAM.name: InvariantName.ATTEMPT_REPORT_HAS_DELIVERY,
}
# How many messages one statement is asked about.
_BATCH: Final = 5000

Held: TypeAlias = Mapping[str, Sequence[StoredMessage]]
Reading: TypeAlias = Callable[[], AbstractAsyncContextManager[StreamReader]]


class NotReached(Exception):  # noqa: N818 - the state it tells of
    """The database or the bus cannot be audited; says which setting leads there."""


def add_audit_options(audit: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    audit.add_argument(
        "--grace",
        type=_seconds,
        default=GRACE_S,
        metavar="SECONDS",
        help="how long things may be on their way (default: %(default)g)",
    )
    audit.add_argument("--json", action="store_true", help="one JSON value instead of text")


async def audit(
    database_url: str,
    nats_url: str,
    *,
    grace_s: float,
    certificates: Certificates | None = None,
) -> list[Break]:
    """Return the invariants that do not hold, in the order of their table; raises NotReached."""
    reading = partial(reading_streams, nats_url, "audit", certificates=certificates)
    first = await _look(database_url, nats_url, grace_s, reading)
    if not first:
        return []
    await asyncio.sleep(grace_s)
    second = await _look(database_url, nats_url, grace_s, reading)
    again = [
        lasting(first[name], second[name])
        for name in INVARIANTS
        if name in first and name in second
    ]
    return [broken for broken in again if broken is not None]


def audit_text(breaks: Sequence[Break], *, as_json: bool) -> str:
    """Return what to print: one line for each broken invariant, or one JSON value."""
    if as_json:
        told = {"invariants": len(INVARIANTS), "broken": [break_object(each) for each in breaks]}
        return json.dumps(told)
    return "\n".join(map(break_line, breaks)) or f"all {len(INVARIANTS)} invariants hold"


async def _look(
    database_url: str, nats_url: str, grace_s: float, reading: Reading
) -> dict[InvariantName, Break]:
    held = await _held(nats_url, reading)
    try:
        async with snapshot(database_url) as connection:
            found = await broken_rows(connection, grace_s=grace_s)
            for stream in _INVARIANTS:
                found += await _broken_messages(connection, stream, held[stream])
    except Unavailable as error:
        raise NotReached(f"DATABASE_URL={redacted(database_url)}: {error.message}") from error
    found += _lost_of_nothing(held)
    return {each.name: each for each in found}


async def _held(nats_url: str, reading: Reading) -> Held:
    try:
        async with reading() as reader:
            # A lost job was there before anything told of it.
            return {
                stream: await reader.messages(stream)
                for stream in (*_INVARIANTS, LOST_JOBS_STREAM.name)
            }
    except BusUnavailable as error:
        raise NotReached(f"NATS_URL={redacted(nats_url)}: {error}") from error


async def _broken_messages(
    connection: Connection, stream: str, messages: Sequence[StoredMessage]
) -> list[Break]:
    """Return at most one break: the messages of a stream that nobody wants or can read."""
    name = _INVARIANTS[stream]
    named = [(each.sequence, named_in(stream, each.payload)) for each in messages]
    readable = sorted({row for _, row in named if row is not None})
    orphans: set[tuple[str, int]] = set()
    for start in range(0, len(readable), _BATCH):
        orphans |= await unwanted(connection, name, readable[start : start + _BATCH])
    ids = tuple(
        f"{stream}/{sequence} ({'unreadable' if row is None else f'{row[0]}-{row[1]}'})"
        for sequence, row in named
        if row is None or row in orphans
    )
    return [Break(name=name, ids=ids, count=len(ids))] if ids else []


def _lost_of_nothing(held: Held) -> list[Break]:
    """Return at most one break: what tells of lost jobs that are not there, or is unreadable."""
    jobs = {each.sequence for each in held[JOBS_STREAM.name]}
    orphans: list[str] = []
    for told in held[LOST_JOBS_STREAM.name]:
        try:
            sequence: int | None = lost_job_in(told.payload).sequence
        except UndecodableError:
            sequence = None
        if sequence not in jobs:
            what = "unreadable" if sequence is None else f"{JOBS_STREAM.name}/{sequence}"
            orphans.append(f"{LOST_JOBS_STREAM.name}/{told.sequence} ({what})")
    if not orphans:
        return []
    return [Break(name=InvariantName.LOST_JOB_IS_HELD, ids=tuple(orphans), count=len(orphans))]


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError(text)
    return seconds
