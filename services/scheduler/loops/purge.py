"""Deletes what was kept for a time that is over, in slices that block nobody."""

from datetime import UTC, datetime, timedelta
from typing import Final

from outscope.clock import Clock, utc_now
from outscope.ids import DELIVERY_PREFIX, earliest_id
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from services.scheduler.domain.budget import WINDOW_S
from services.scheduler.domain.idempotency import KEPT_S
from services.scheduler.loops.pace import repeat
from services.scheduler.store.budgets import delete_idle_ledgers
from services.scheduler.store.database import Database
from services.scheduler.store.dead_letters import delete_old_messages
from services.scheduler.store.delivery_retention import delete_old_deliveries
from services.scheduler.store.idempotency import delete_expired_keys
from services.scheduler.store.kept import delete_expired_kept
from services.scheduler.store.samples import delete_expired_samples
from services.scheduler.store.webhook_retention import delete_old_notes, delete_old_webhooks

log = logger(__name__)

_SLICE: Final = 200
_EVERY_S: Final = 60.0
# Between two slices, so that a long purge leaves the disk to others.
_PAUSE_S: Final = 0.05
_LEDGER_SLICE: Final = 5000
_KEY_SLICE: Final = 1000
# As long as content is kept at the least: a report that could not be recorded may hold some.
_MESSAGES_KEPT_S: Final = 7 * 86_400
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

_DELIVERIES_PURGED = Counter(
    "outscope_deliveries_purged_total", "Webhook deliveries deleted after their retention."
)
_PURGED = Counter("outscope_samples_purged_total", "Content samples deleted after their time.")


class Purge:
    """Deletes what must not be kept; 0 days are for ever.

    webhook_days are those of deliveries, audit_days those of notes of who asked for a secret, and
    of deleted webhooks.
    """

    def __init__(
        self,
        database: Database,
        *,
        webhook_days: int = 0,
        audit_days: int = 0,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._webhook_days = webhook_days
        self._audit_days = audit_days
        self._clock = clock
        # Webhooks deleted until then were looked at.
        self._looked_until = _NEVER

    async def run(self) -> None:
        """Purge for ever."""
        await repeat("purge", self.purge, every_s=_EVERY_S, pause_s=_PAUSE_S)

    async def purge(self) -> bool:
        """Delete one slice; tell whether there may be more."""
        async with self._database.session() as connection:
            deleted = await delete_expired_samples(connection, limit=_SLICE)
            forgotten = await delete_expired_kept(connection, limit=_SLICE)
            keys = await delete_expired_keys(connection, kept_s=KEPT_S, limit=_KEY_SLICE)
            letters = await delete_old_messages(connection, kept_s=_MESSAGES_KEPT_S, limit=_SLICE)
            idle = await delete_idle_ledgers(connection, idle_s=2 * WINDOW_S, limit=_LEDGER_SLICE)
        deliveries = await self._delete_deliveries()
        is_more = await self._delete_webhooks()
        if deleted:
            _PURGED.inc(deleted)
            log.info("samples deleted", samples=deleted)
        return (
            _SLICE in (deleted, forgotten, letters, deliveries)
            or keys == _KEY_SLICE
            or idle == _LEDGER_SLICE
            or is_more
        )

    async def _delete_deliveries(self) -> int:
        if not self._webhook_days:
            return 0
        before = self._clock() - timedelta(days=self._webhook_days)
        earliest_kept = earliest_id(DELIVERY_PREFIX, int(before.timestamp() * 1000))
        async with self._database.transaction() as connection:
            deleted = await delete_old_deliveries(connection, before=earliest_kept, limit=_SLICE)
        if deleted:
            _DELIVERIES_PURGED.inc(deleted)
            log.info("old deliveries deleted", deliveries=deleted)
        return deleted

    async def _delete_webhooks(self) -> bool:
        """Delete old notes, and of deleted webhooks what nothing is left of; tell as purge does."""
        if not self._audit_days:
            return False
        before = self._clock() - timedelta(days=self._audit_days)
        async with self._database.transaction() as connection:
            notes = await delete_old_notes(connection, before=before, limit=_SLICE)
            gone, looked_until = await delete_old_webhooks(
                connection, before=before, after=self._looked_until, limit=_SLICE
            )
        self._looked_until = looked_until or _NEVER
        if notes or gone:
            log.info("old notes and deleted webhooks deleted", notes=notes, webhooks=gone)
        return notes == _SLICE or looked_until is not None
