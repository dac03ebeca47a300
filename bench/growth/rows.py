"""Fills a database with checks that have ended, as there are after a long time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg

ACCOUNTS: Final = 10
# How many checks there are for one delivery, sample and idempotency key.
_EVERY: Final = 10
_NAMES: Final = 100
_BLOCK: Final = 20_000
_BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)

Row = Callable[[int], str]


async def fill(url: str, first: int, count: int) -> None:
    """Add count checks, numbered from first on; from 0 on: their accounts, too."""
    connection: psycopg.AsyncConnection[tuple[object, ...]]
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        if first == 0:
            await _fill_accounts(connection)
        ended = range(first, first + count)
        for target, numbers, row in (
            (_CHECKS, ended, _check),
            (_PROBES, ended, _probe),
            (_KEPT, ended[::_EVERY], _kept),
            (_SAMPLES, ended[::_EVERY], _sample),
            (_DELIVERIES, ended[::_EVERY], _delivery),
            (_ATTEMPTS, ended[::_EVERY], _attempt),
            (_KEYS, ended[::_EVERY], _key),
        ):
            async with connection.cursor().copy(f"COPY {target} FROM STDIN") as copy:
                for block in _blocks(numbers, row):
                    await copy.write(block)
        await connection.execute("VACUUM ANALYZE")


def account_id(number: int) -> str:
    """Return whose check this is."""
    return f"acc_{number % ACCOUNTS}"


def check_id(number: int) -> str:
    """Return the id of a check."""
    return f"chk_{number:026}"


def probe_id(number: int) -> str:
    """Return the id of its probe."""
    return f"prb_{number:026}"


def fqdn(number: int) -> str:
    """Return its name, of which each account has a hundred."""
    return f"host{number // ACCOUNTS % _NAMES}.bench.test"


def created_at(number: int) -> datetime:
    """Return when a check was created: the higher its number the later, and all long ago."""
    return _BEGIN + timedelta(seconds=number)


def _text(number: int) -> str:
    return created_at(number).isoformat()


async def _fill_accounts(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
    for number in range(ACCOUNTS):
        await connection.execute(
            "INSERT INTO accounts (id, name) VALUES (%s, 'bench')", (account_id(number),)
        )
        await connection.execute(
            "INSERT INTO webhooks (id, account_id, url, events, secret)"
            " VALUES (%s, %s, 'https://a.example/', '{check.completed}', 'whsec_x')",
            (f"whk_{number}", account_id(number)),
        )


def _blocks(numbers: range, row: Row) -> Iterator[str]:
    for start in range(0, len(numbers), _BLOCK):
        yield "".join(f"{row(number)}\n" for number in numbers[start : start + _BLOCK])


_CHECKS: Final = (
    "checks (id, account_id, fqdn, ports, paths, vantage_point, include_content_sample,"
    " content_retention_days, status, created_at, ended_at)"
)
_PROBES: Final = (
    "probes (id, check_id, vantage_point, state, attempt, published_at, stream_sequence, due_at,"
    " deadline_at, ended_at, result)"
)
_KEPT: Final = "kept_facts (check_id, probe_id, kept, expires_at)"
_SAMPLES: Final = "content_samples (check_id, probe_id, path, sample, expires_at)"
_DELIVERIES: Final = (
    "webhook_deliveries (id, webhook_id, check_id, event_type, message_id, event_at, state,"
    " attempt, due_at, ended_at, last_status_code)"
)
_ATTEMPTS: Final = (
    "delivery_attempts (delivery_id, attempt, attempted_at, duration_ms, status_code, error)"
)
_KEYS: Final = "idempotency_keys (account_id, operation, key, fingerprint, answer, created_at)"
_RESULT: Final = "\\\\x" + "0a" * 300
_SHORT: Final = "\\\\x" + "0b" * 32
_FAR: Final = "2100-01-01 00:00:00+00"


def _check(number: int) -> str:
    at = _text(number)
    return (
        f"{check_id(number)}\t{account_id(number)}\t{fqdn(number)}\t{{80,443}}\t{{/}}\teu-west-1"
        f"\tf\t7\tcompleted\t{at}\t{at}"
    )


def _probe(number: int) -> str:
    at = _text(number)
    return (
        f"{probe_id(number)}\t{check_id(number)}\teu-west-1\tcompleted\t1\t{at}\t{number}\t{at}"
        f"\t{at}\t{at}\t{_RESULT}"
    )


def _kept(number: int) -> str:
    return f"{check_id(number)}\t{probe_id(number)}\t{_SHORT}\t{_FAR}"


def _sample(number: int) -> str:
    return f"{check_id(number)}\t{probe_id(number)}\t/\t{_SHORT}\t{_FAR}"


def _delivery(number: int) -> str:
    at = _text(number)
    return (
        f"dlv_{number:026}\twhk_{number % ACCOUNTS}\t{check_id(number)}\tcheck.completed"
        f"\tmsg_{number:026}\t{at}\tdelivered\t1\t{at}\t{at}\t200"
    )


def _attempt(number: int) -> str:
    return f"dlv_{number:026}\t1\t{_text(number)}\t5\t200\t"


def _key(number: int) -> str:
    return f"{account_id(number)}\tCreateCheck\tkey{number}\t{_SHORT}\t{_SHORT}\t{_FAR}"
