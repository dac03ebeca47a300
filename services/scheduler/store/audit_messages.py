"""Tells which messages that streams hold are of rows that want them no more, or never existed."""

from collections.abc import Sequence
from typing import Final

from services.scheduler.domain.check_state import OPEN_PROBE_STATES
from services.scheduler.domain.delivery import OPEN_DELIVERY_STATES
from services.scheduler.domain.invariant import InvariantName
from services.scheduler.store.database import Connection

# Row id and attempt.
Named = tuple[str, int]

_WANTED: Final = {
    InvariantName.JOB_IS_WANTED: (
        "SELECT FROM probes WHERE id = row_id AND attempt = told AND state = ANY(%(probe_states)s)"
    ),
    InvariantName.REPORT_HAS_PROBE: "SELECT FROM probes WHERE id = row_id",
    # Jobs of a disabled webhook are left where they are: a notifier drops them.
    InvariantName.DELIVERY_JOB_IS_WANTED: """
        SELECT FROM webhook_deliveries AS delivery JOIN webhooks ON webhooks.id = webhook_id
         WHERE delivery.id = row_id AND (disabled_at IS NOT NULL
               OR (attempt = told AND state = ANY(%(delivery_states)s)))
        """,
    InvariantName.ATTEMPT_REPORT_HAS_DELIVERY: ("SELECT FROM webhook_deliveries WHERE id = row_id"),
}


async def unwanted(
    connection: Connection, name: InvariantName, named: Sequence[Named]
) -> set[Named]:
    """Return what of these breaks the invariant, which is one of messages."""
    cursor = await connection.execute(
        "SELECT DISTINCT row_id, told FROM unnest(%(ids)s::text[], %(attempts)s::integer[])"  # noqa: S608 - constants of ours
        f" AS message (row_id, told) WHERE NOT EXISTS ({_WANTED[name]})",
        {
            "ids": [row_id for row_id, _ in named],
            "attempts": [attempt for _, attempt in named],
            "probe_states": list(OPEN_PROBE_STATES),
            "delivery_states": list(OPEN_DELIVERY_STATES),
        },
    )
    return set(await cursor.fetchall())
