"""The audit of a running system, as `make audit` runs it."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local.audit import addresses_in
from deploy.local.folder import DataFolder
from deploy.local.program import REPOSITORY
from outscope.bus.connect import connect_bus
from services.scheduler.store.migrate import migrate
from tests.backends import served_nats


@pytest.fixture(scope="module")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bus of these tests alone, as what others leave on theirs is found, too."""
    with served_nats(tmp_path_factory.mktemp("nats")) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path, database_url: str, nats_url: str) -> Path:
    """A data folder that leads to a database with its tables, and to a bus."""

    async def make_streams() -> None:
        async with connect_bus(nats_url, "test") as bus:
            await bus.ensure_streams()

    asyncio.run(migrate(database_url))
    asyncio.run(make_streams())
    # Left open: its end would say that nothing runs any more.
    DataFolder(tmp_path).publish_endpoints({"postgres": database_url, "nats": nats_url})
    return tmp_path


def audited(folder: Path, *options: str, **variables: str) -> tuple[int, str, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.local.audit", "--data", str(folder), *options],
        cwd=REPOSITORY,
        env=variables,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_a_system_in_order_ends_with_0(folder: Path) -> None:
    assert audited(folder) == (0, "all 22 invariants hold\n", "")


def test_a_broken_system_ends_with_1_and_a_line_for_each_broken_invariant(
    folder: Path, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO kept_facts VALUES ('chk_1', 'prb_1', '', now())")
        connection.execute(
            "INSERT INTO delivery_attempts VALUES ('dlv_1', 1, now(), 5, 200, '')",
        )
    status, output, errors = audited(folder, "--grace", "0")
    assert (status, errors) == (1, "")
    assert [line.partition(":")[0] for line in output.splitlines()] == [
        "attempt_has_delivery",
        "kept_has_check",
    ]
    assert audited(folder, "--grace", "0", "--json")[1].startswith(
        '{"invariants": 22, "broken": [{'
    )


def test_what_does_not_answer_ends_with_2_and_the_name_of_its_setting(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, nats_url: str
) -> None:
    nowhere = "postgresql://127.0.0.1:1/none"
    status, output, errors = audited(folder, DATABASE_URL=nowhere, NATS_URL=nats_url)
    assert (status, output) == (2, "")
    assert errors.startswith(f"scheduler: DATABASE_URL={nowhere}: Postgres does not answer")
    status, output, errors = audited(folder, NATS_URL="nats://127.0.0.1:1")
    assert (status, output) == (2, "")
    assert errors.startswith("scheduler: NATS_URL=nats://127.0.0.1:1: NATS does not answer")
    empty = tmp_path_factory.mktemp("empty")
    assert audited(empty) == (
        2,
        "",
        f"No system runs from {empty} (make run starts one), and DATABASE_URL is not set\n",
    )


def test_a_folder_from_which_nothing_runs_leads_nowhere(tmp_path: Path) -> None:
    assert addresses_in(tmp_path) is None
