"""A page of the list of checks of an account with a thousand of them, and one with a million."""

import time
from pathlib import Path
from statistics import median
from typing import Final

import psycopg

from bench.measurement import Measurement
from bench.mode import Mode
from bench.system import VANTAGE, Json, System, running_system

_COMMAND: Final = "make bench B=list"
_INSERT: Final = """
    INSERT INTO checks (
        id, account_id, fqdn, ports, paths, vantage_point, include_content_sample,
        content_retention_days, status, created_at, ended_at
    )
    SELECT
        'chk_' || %(mark)s || lpad(number::text, 25, '0'), %(account)s,
        'host' || number %% 500 || '.bench.test', '{80,443}', '{/}', %(vantage)s, false,
        7, 'completed', now() - number * interval '1 second', now() - number * interval '1 second'
    FROM generate_series(1, %(count)s) AS number
"""


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return what a page costs in the large account, beside the small one."""
    async with running_system(folder / "list", probers=0) as system:
        small = await system.new_account("small")
        large = await system.new_account("large")
        await _fill(system, small, mark="0", count=mode.small_account)
        await _fill(system, large, mark="1", count=mode.large_account)
        walks = [_Walk(system, account["secret"]) for account in (small, large)]
        for _ in range(mode.pages):
            for walk in walks:
                await walk.step()
    small_ms, large_ms = (median(walk.latencies_s) * 1000 for walk in walks)
    return [
        Measurement(
            name="list.page_1m_over_1k",
            value=large_ms,
            unit="ms",
            command=_COMMAND,
            runs=mode.pages,
            peer=small_ms,
            note=f"GET /v1/checks page by page: {mode.large_account} checks, beside "
            f"{mode.small_account}",
        )
    ]


class _Walk:
    """Reads the pages of an account one after the other, and begins again at the end."""

    def __init__(self, system: System, api_key: str) -> None:
        self._system = system
        self._api_key = api_key
        self._query: dict[str, str] = {}
        self.latencies_s: list[float] = []

    async def step(self) -> None:
        """Read the next page."""
        started_s = time.perf_counter()
        page = await self._system.page(self._query, self._api_key)
        self.latencies_s.append(time.perf_counter() - started_s)
        pagination = page["pagination"]
        has_more = pagination["has_more"]
        self._query = {"cursor": pagination["next_cursor"]} if has_more else {}


async def _fill(system: System, account: Json, *, mark: str, count: int) -> None:
    values = {"mark": mark, "account": account["account_id"], "vantage": VANTAGE, "count": count}
    async with await psycopg.AsyncConnection.connect(system.postgres, autocommit=True) as database:
        await database.execute(_INSERT, values)
        await database.execute("VACUUM ANALYZE checks")
