"""Statements about checks: create, read, list."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from psycopg import sql

from services.scheduler.domain.check import (
    ORDINARY,
    Check,
    CheckOptions,
    CheckSpec,
    CheckStatus,
    Discovery,
    Failure,
    NewCheck,
    Owner,
    Quorum,
)
from services.scheduler.domain.check_state import ProbeState
from services.scheduler.domain.cursor import Position
from services.scheduler.store.database import Connection

_DEFAULTS: Final = asdict(ORDINARY)
_COLUMNS: Final = (
    "id, account_id, status, created_at, ended_at, fqdn, ports, paths, vantage_point,"
    " include_content_sample, content_retention_days, options,"
    " failure_reason, failure_owner, failure_message, rejudged_at"
)

# Each column travels as lines of one text, which costs a tenth of an array to write down: nothing
# that is stored here, once normalised, contains the end of a line. Ports and paths are joined by
# spaces, which neither contains: unnest cannot take apart arrays of arrays of different lengths.
_INSERT: Final = """
    WITH new AS (
        SELECT * FROM unnest(
            string_to_array(%(ids)s::text, E'\\n'),
            string_to_array(%(probe_ids)s::text, E'\\n'),
            string_to_array(%(account_ids)s::text, E'\\n'),
            string_to_array(%(fqdns)s::text, E'\\n'),
            string_to_array(%(ports)s::text, E'\\n'),
            string_to_array(%(paths)s::text, E'\\n'),
            string_to_array(%(vantage_points)s::text, E'\\n'),
            string_to_array(%(samples)s::text, E'\\n')::boolean[],
            string_to_array(%(days)s::text, E'\\n')::smallint[],
            string_to_array(%(options)s::text, E'\\n'),
            string_to_array(%(counted_for)s::text, E'\\n'),
            string_to_array(%(traceparents)s::text, E'\\n'),
            string_to_array(%(request_ids)s::text, E'\\n')
        ) WITH ORDINALITY AS new (
            id, probe_id, account_id, fqdn, ports, paths, vantage_point,
            include_content_sample, content_retention_days, options, counted_for, traceparent,
            request_id, place
        )
    ), inserted AS (
        INSERT INTO checks (
            id, account_id, fqdn, ports, paths, vantage_point,
            include_content_sample, content_retention_days, options, counted_for,
            traceparent, request_id, status, created_at
        )
        SELECT id, account_id, fqdn, string_to_array(ports, ' ')::integer[],
               string_to_array(paths, ' '), vantage_point, include_content_sample,
               content_retention_days, options::jsonb, counted_for,
               nullif(traceparent, ''), nullif(request_id, ''), %(pending)s,
               now() + place * interval '1 microsecond'
          FROM new
    ), probed AS (
        INSERT INTO probes (
            id, check_id, account_id, vantage_point, state, attempt, ready_at, due_at, deadline_at
        )
        SELECT probe_id, id, account_id, vantage_point, %(queued)s, 1,
               now() - (%(count)s - place) * interval '1 microsecond',
               now() + %(grace_s)s * interval '1 second',
               now() + %(deadline_s)s * interval '1 second'
          FROM new
    )
    SELECT now()
"""


async def insert_checks(
    connection: Connection, checks: Sequence[NewCheck], *, grace_s: float, deadline_s: float
) -> datetime:
    """Store checks and their probes; return when. The n-th of them is n microseconds younger.

    Checks from several vantage points take a second statement: run in a transaction with these.
    """
    specs = [check.spec for check in checks]
    cursor = await connection.execute(
        _INSERT,
        {
            "count": len(checks),
            "ids": _lines(check.id for check in checks),
            "probe_ids": _lines(check.probe_id for check in checks),
            "account_ids": _lines(check.account_id for check in checks),
            "fqdns": _lines(spec.fqdn for spec in specs),
            "ports": _lines(" ".join(map(str, spec.ports)) for spec in specs),
            "paths": _lines(" ".join(spec.paths) for spec in specs),
            "vantage_points": _lines(spec.vantage_point for spec in specs),
            "samples": _lines(str(spec.include_content_sample) for spec in specs),
            "days": _lines(str(spec.content_retention_days) for spec in specs),
            "options": _lines(_options_text(spec.options) for spec in specs),
            "counted_for": _lines(check.counted_for or check.account_id for check in checks),
            "traceparents": _lines(check.traceparent for check in checks),
            "request_ids": _lines(check.request_id for check in checks),
            "pending": CheckStatus.PENDING,
            "queued": ProbeState.QUEUED,
            "grace_s": grace_s,
            "deadline_s": deadline_s,
        },
    )
    ((created_at,),) = await cursor.fetchall()
    further = [
        (probe_id, check.id, check.account_id, vantage_point)
        for check in checks
        if check.spec.is_from_several
        for vantage_point, probe_id in islice(check.probes(), 1, None)
    ]
    if further:
        await _insert_further_probes(connection, further, grace_s=grace_s, deadline_s=deadline_s)
    return created_at  # type: ignore[no-any-return]  # rows carry no types


async def _insert_further_probes(
    connection: Connection,
    probes: Sequence[tuple[str, str, str, str]],
    *,
    grace_s: float,
    deadline_s: float,
) -> None:
    """Store the probes of all vantage points of checks but the first: probe, check, account, where.

    In the transaction that stores the checks.
    """
    await connection.execute(
        """
        INSERT INTO probes (
            id, check_id, account_id, vantage_point, state, attempt, ready_at, due_at, deadline_at
        )
        SELECT id, check_id, account_id, vantage_point, %(queued)s, 1, now(),
               now() + %(grace_s)s * interval '1 second',
               now() + %(deadline_s)s * interval '1 second'
          FROM unnest(%(ids)s::text[], %(check_ids)s::text[], %(account_ids)s::text[],
                      %(vantage_points)s::text[]) AS new (id, check_id, account_id, vantage_point)
        """,
        {
            "ids": [probe[0] for probe in probes],
            "check_ids": [probe[1] for probe in probes],
            "account_ids": [probe[2] for probe in probes],
            "vantage_points": [probe[3] for probe in probes],
            "queued": ProbeState.QUEUED,
            "grace_s": grace_s,
            "deadline_s": deadline_s,
        },
    )


def _lines(column: Iterable[str]) -> str:
    return "\n".join(column)


async def find_check(
    connection: Connection, check_id: str, *, account_id: str
) -> tuple[Check, bytes | None, int] | None:
    """Return a check of this account, its result and its latest attempt, or None."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS}, ({_RESULT}), ({_ATTEMPT}) FROM checks"  # noqa: S608 - constants of ours
        " WHERE id = %(id)s AND account_id = %(account_id)s",
        {"id": check_id, "account_id": account_id, "completed": ProbeState.COMPLETED},
    )
    row = await cursor.fetchone()
    return (_check(row), row[-2], row[-1]) if row else None


async def find_latest_completed(
    connection: Connection, fqdn: str, *, account_id: str, vantage_point: str | None = None
) -> str | None:
    """Return the id of the completed check of a name that this account created last, or None.

    A check from several vantage points is one from each of them.
    """
    cursor = await connection.execute(
        LATEST if vantage_point is None else LATEST_AT,
        {
            "fqdn": fqdn,
            "account_id": account_id,
            "completed": CheckStatus.COMPLETED,
            "vantage_point": vantage_point,
        },
    )
    row = await cursor.fetchone()
    return row[0] if row else None


# In the order of checks_by_fqdn: the first row of its range.
LATEST: Final = """
    SELECT id FROM checks
     WHERE account_id = %(account_id)s AND fqdn = %(fqdn)s AND status = %(completed)s
     ORDER BY created_at DESC, id DESC LIMIT 1
"""

# The first row of its range in checks_latest, or of those in checks_latest_of_several that are from
# there, whichever is later. The conditions of the indexes have to stand here as they are there.
LATEST_AT: Final = """
    SELECT id FROM (
        (SELECT id, created_at FROM checks
          WHERE account_id = %(account_id)s AND fqdn = %(fqdn)s AND status = 'completed'
            AND vantage_point = %(vantage_point)s
          ORDER BY created_at DESC, id DESC LIMIT 1)
        UNION ALL
        (SELECT id, created_at FROM checks
          WHERE account_id = %(account_id)s AND fqdn = %(fqdn)s AND status = 'completed'
            AND options ? 'vantage_points' AND options -> 'vantage_points' ? %(vantage_point)s
          ORDER BY created_at DESC, id DESC LIMIT 1)) AS latest
     ORDER BY created_at DESC, id DESC LIMIT 1
"""

_RESULT: Final = (
    "SELECT result FROM probes WHERE probes.check_id = checks.id AND state = %(completed)s"
    " ORDER BY probes.id LIMIT 1"
)
# Which is the last one of a check that has ended.
_ATTEMPT: Final = "SELECT coalesce(max(attempt), 0) FROM probes WHERE probes.check_id = checks.id"


async def list_checks(
    connection: Connection,
    *,
    account_id: str,
    fqdn: str | None,
    status: CheckStatus | None,
    after: Position | None,
    limit: int,
) -> list[Check]:
    """Return one page of an account's checks, newest first."""
    statement, parameters = list_statement(
        account_id=account_id, fqdn=fqdn, status=status, after=after, limit=limit
    )
    # Planned for these parameters: a plan made for any limit might sort.
    cursor = await connection.execute(statement, parameters, prepare=False)
    return [_check(row) for row in await cursor.fetchall()]


def list_statement(
    *,
    account_id: str,
    fqdn: str | None,
    status: CheckStatus | None,
    after: Position | None,
    limit: int,
) -> tuple[sql.Composed, dict[str, object]]:
    """Return the statement of a page: its cost must not depend on how many checks there are.

    A name alone is read as one ordered branch per status, merged: its index has the status before
    the time.
    """
    parameters: dict[str, object] = {"account_id": account_id, "limit": limit}
    conditions = [sql.SQL("account_id = %(account_id)s")]
    if after is not None:
        parameters |= {"created_at": after.created_at, "id": after.check_id}
        conditions.append(sql.SQL("(created_at, id) < (%(created_at)s, %(id)s::text)"))
    if fqdn is not None:
        parameters["fqdn"] = fqdn
        conditions.append(sql.SQL("fqdn = %(fqdn)s"))
    statuses = [status] if status else list(CheckStatus) if fqdn is not None else [None]
    branches = [_branch(conditions, each) for each in statuses]
    return (
        sql.SQL("SELECT * FROM ({}) AS page ORDER BY created_at DESC, id DESC LIMIT {}").format(
            sql.SQL(" UNION ALL ").join(branches), sql.Literal(limit)
        ),
        parameters,
    )


def _branch(conditions: Sequence[sql.Composable], status: CheckStatus | None) -> sql.Composed:
    if status is not None:
        conditions = [*conditions, sql.SQL("status = {}").format(sql.Literal(str(status)))]
    return sql.SQL(
        "(SELECT " + _COLUMNS + " FROM checks WHERE {}"  # noqa: S608 - constants of ours
        " ORDER BY created_at DESC, id DESC LIMIT %(limit)s)"
    ).format(sql.SQL(" AND ").join(conditions))


def _check(row: Sequence[Any]) -> Check:
    return Check(
        id=row[0],
        account_id=row[1],
        status=CheckStatus(row[2]),
        created_at=row[3],
        ended_at=row[4],
        spec=spec_in(row[5:12]),
        failure=failure_in(row[12:15]),
        rejudged_at=row[15],
    )


def spec_in(columns: Sequence[Any]) -> CheckSpec:
    """Return the spec in the columns fqdn to options."""
    fqdn, ports, paths, vantage_point, include_content_sample, retention_days, options = columns
    return CheckSpec(
        fqdn=fqdn,
        ports=tuple(ports),
        paths=tuple(paths),
        vantage_point=vantage_point,
        include_content_sample=include_content_sample,
        content_retention_days=retention_days,
        options=_options_in(options),
    )


@lru_cache(maxsize=256)
def _options_text(options: CheckOptions) -> str:
    """Return what differs from the defaults, as JSON."""
    asked = asdict(options)
    return json.dumps({name: asked[name] for name in asked if asked[name] != _DEFAULTS[name]})


_DISCOVERIES: Final = frozenset(str(discovery) for discovery in Discovery)
_QUORUMS: Final = frozenset(str(quorum) for quorum in Quorum)


def _options_in(column: Mapping[str, Any]) -> CheckOptions:
    """Return stored options; ones that this version does not know are left out."""
    known = {name: value for name, value in column.items() if name in _DEFAULTS}
    discovery = known.pop("discovery", None)
    if discovery in _DISCOVERIES:
        known["discovery"] = Discovery(discovery)
    if "vantage_points" in known:
        known["vantage_points"] = tuple(known["vantage_points"])
    quorum = known.pop("quorum", None)
    if quorum in _QUORUMS:
        known["quorum"] = Quorum(quorum)
    return CheckOptions(**known) if known else ORDINARY


def failure_in(columns: Sequence[Any]) -> Failure | None:
    """Return the failure in the columns reason, owner and message."""
    reason, owner, message = columns
    if reason is None:
        return None
    return Failure(reason=reason, owner=Owner(owner), message=message)
