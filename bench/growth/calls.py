"""The calls that are measured: the statements of each as the scheduler makes them, in its order."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.growth.buffers import Cost, Meter
from bench.growth.rows import account_id, check_id, created_at, fqdn
from outscope.ids import CHECK_PREFIX, DELIVERY_PREFIX, EVENT_PREFIX, PROBE_PREFIX, new_id
from services.scheduler.domain.check import CheckSpec, CheckStatus, NewCheck, ProbeEnd
from services.scheduler.domain.check_state import ProbeEvent
from services.scheduler.domain.cursor import Position
from services.scheduler.domain.delivery import NewDelivery
from services.scheduler.store.checks import (
    find_check,
    find_latest_completed,
    insert_checks,
    list_checks,
)
from services.scheduler.store.database import Connection
from services.scheduler.store.deliveries import claim_due_deliveries, insert_deliveries
from services.scheduler.store.ends import (
    CheckEnd,
    end_checks,
    end_probes,
    lock_pending_checks,
    probe_states,
)
from services.scheduler.store.kept import NewKept, insert_kept
from services.scheduler.store.probes import claim_due_probes, mark_published
from services.scheduler.store.retention import delete_old_checks
from services.scheduler.store.samples import NewSample, find_samples, insert_samples
from services.scheduler.store.webhooks import find_subscribers

# Checks created, recorded, handed out or deleted in one call.
BATCH: Final = 20
_PAGE: Final = 20
_CLAIM_S: Final = 60.0
_LATER_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """The middle of what several calls cost."""

    buffers: float
    ms: float
    tables_read_whole: int


class Calls:
    """Makes the calls on a database with so many checks."""

    def __init__(self, meter: Meter, checks: int) -> None:
        self._meter = meter
        self._checks = checks
        self._unix_ms = 1_600_000_000_000
        self._turn = 0

    def by_name(self) -> Mapping[str, Callable[[], Awaitable[Cost]]]:
        """Return what makes and measures each call once, in the order of a check's life."""
        return {
            "create": self._create,
            "dispatch": self._dispatch,
            "ingest": self._ingest,
            "sweep": self._sweep,
            "deliveries": self._deliveries,
            "get": self._get,
            "list": lambda: self._list(after=None),
            "list_deep": lambda: self._list(after=self._position()),
            "list_by_status": lambda: self._list(after=None, status=CheckStatus.COMPLETED),
            "list_by_fqdn": lambda: self._list(after=None, fqdn=fqdn(self._turn)),
            "latest": self._latest,
            "purge": self._purge,
        }

    async def measure(self, rounds: int) -> dict[str, Costs]:
        """Return the costs of each call, made so many times after as many that do not count."""
        calls = self.by_name()
        costs: dict[str, list[Cost]] = {name: [] for name in calls}
        for _ in range(2 * rounds):
            self._turn += 7
            for name, call in calls.items():
                costs[name].append(await call())
        return {
            name: Costs(
                buffers=median(cost.buffers for cost in each[rounds:]),
                ms=median(cost.seconds for cost in each[rounds:]) * 1000,
                tables_read_whole=max(cost.tables_read_whole for cost in each),
            )
            for name, each in costs.items()
        }

    def _new_checks(self) -> list[NewCheck]:
        self._unix_ms += 1
        spec = CheckSpec(
            fqdn=fqdn(self._turn),
            ports=(80, 443),
            paths=("/",),
            vantage_point="eu-west-1",
            include_content_sample=True,
            content_retention_days=7,
        )
        return [
            NewCheck(
                id=new_id(CHECK_PREFIX, self._unix_ms),
                probe_id=new_id(PROBE_PREFIX, self._unix_ms),
                account_id=account_id(self._turn),
                spec=spec,
            )
            for _ in range(BATCH)
        ]

    async def _created(self, *, grace_s: float = _LATER_S) -> list[NewCheck]:
        checks = self._new_checks()
        await self._meter.prepare(
            lambda connection: insert_checks(
                connection, checks, grace_s=grace_s, deadline_s=_LATER_S
            )
        )
        return checks

    async def _create(self) -> Cost:
        checks = self._new_checks()
        return await self._meter.cost(
            lambda connection: insert_checks(
                connection, checks, grace_s=_LATER_S, deadline_s=_LATER_S
            )
        )

    async def _dispatch(self) -> Cost:
        jobs = [(check.probe_id, 1, 1) for check in await self._created()]
        return await self._meter.cost(
            lambda connection: mark_published(connection, jobs, lease_s=_LATER_S)
        )

    async def _ingest(self) -> Cost:
        checks = await self._created()
        return await self._meter.cost(lambda connection: self._record(connection, checks))

    async def _record(self, connection: Connection, checks: list[NewCheck]) -> None:
        ids = [check.id for check in checks]
        await lock_pending_checks(connection, ids)
        ends = [
            ProbeEnd(probe_id=each.probe_id, check_id=each.id, attempt=1, result=b"r" * 300)
            for each in checks
        ]
        await end_probes(connection, ends, event=ProbeEvent.RESULT_REPORTED)
        await insert_samples(
            connection,
            [
                NewSample(
                    check_id=end.check_id,
                    probe_id=end.probe_id,
                    path="/",
                    sample=b"s" * 300,
                    retention_days=7,
                )
                for end in ends
            ],
        )
        await insert_kept(
            connection,
            [
                NewKept(
                    check_id=end.check_id, probe_id=end.probe_id, kept=b"k" * 300, retention_days=7
                )
                for end in ends
            ],
        )
        await probe_states(connection, ids)
        await end_checks(
            connection,
            [CheckEnd(check_id=each, status=CheckStatus.COMPLETED, failure=None) for each in ids],
        )
        await find_subscribers(connection, [account_id(self._turn)])
        await insert_deliveries(connection, self._new_deliveries(ids), grace_s=_LATER_S)

    def _new_deliveries(self, check_ids: list[str]) -> list[NewDelivery]:
        return [
            NewDelivery(
                id=new_id(DELIVERY_PREFIX, self._unix_ms),
                webhook_id=f"whk_{self._turn % 10}",
                check_id=each,
                event_type="check.completed",
                message_id=new_id(EVENT_PREFIX, self._unix_ms),
            )
            for each in check_ids
        ]

    async def _sweep(self) -> Cost:
        await self._created(grace_s=-1.0)
        return await self._meter.cost(
            lambda connection: claim_due_probes(connection, limit=BATCH, claim_s=_LATER_S)
        )

    async def _deliveries(self) -> Cost:
        deliveries = self._new_deliveries([check.id for check in await self._created()])
        await self._meter.prepare(
            lambda connection: insert_deliveries(connection, deliveries, grace_s=-1.0)
        )
        return await self._meter.cost(
            lambda connection: claim_due_deliveries(connection, limit=BATCH, claim_s=_LATER_S)
        )

    async def _get(self) -> Cost:
        number = self._checks // 2 + self._turn

        async def detail(connection: Connection) -> None:
            found = await find_check(connection, check_id(number), account_id=account_id(number))
            if found is None:
                raise LookupError(check_id(number))
            await find_samples(connection, check_id(number))

        return await self._meter.cost(detail)

    def _position(self) -> Position:
        """Return the place of a page in the middle of the list of an account."""
        number = self._checks // 2
        return Position(created_at=created_at(number), check_id=check_id(number))

    async def _list(
        self, *, after: Position | None, status: CheckStatus | None = None, fqdn: str | None = None
    ) -> Cost:
        async def page(connection: Connection) -> None:
            found = await list_checks(
                connection,
                account_id=account_id(self._turn),
                fqdn=fqdn,
                status=status,
                after=after,
                limit=_PAGE,
            )
            if not found:
                raise LookupError("a page without checks")

        return await self._meter.cost(page)

    async def _latest(self) -> Cost:
        number = self._checks // 2 + self._turn
        return await self._meter.cost(
            lambda connection: self._newest(connection, fqdn(number), account_id(number))
        )

    async def _newest(self, connection: Connection, name: str, account: str) -> None:
        found = await find_latest_completed(connection, name, account_id=account)
        if found is None or await find_check(connection, found, account_id=account) is None:
            raise LookupError(name)

    async def _purge(self) -> Cost:
        return await self._meter.cost(
            lambda connection: delete_old_checks(
                connection, account_id(self._turn), days=30, limit=BATCH
            )
        )
