import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import psycopg.errors
import pytest

from deploy.local.postgres import Postgres
from tests.backends import ServerProcess, postgres_process


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess[Postgres]]:
    with postgres_process(tmp_path_factory.mktemp("postgres")) as process:
        yield process


def value(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def test_its_own_database_is_there_in_unicode(running: ServerProcess[Postgres]) -> None:
    url = running.server.url()
    assert value(url, "SELECT current_database()") == "outscope"
    assert value(url, "SHOW server_encoding") == "UTF8"


def test_a_wrong_password_is_refused(running: ServerProcess[Postgres]) -> None:
    url = running.server.url().replace(running.server.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(url)


def test_it_listens_on_loopback_alone_and_on_no_socket_file(
    running: ServerProcess[Postgres],
) -> None:
    url = running.server.url()
    assert value(url, "SHOW listen_addresses") == "127.0.0.1"
    assert value(url, "SHOW unix_socket_directories") == ""


def test_a_commit_is_on_disk_unless_made_for_tests(tmp_path: Path) -> None:
    durable = Postgres(folder=tmp_path, port=1, password="x").command()
    assert not [word for word in durable if word.startswith(("fsync", "synchronous_commit"))]
    for_tests = Postgres(folder=tmp_path, port=1, password="x", durable=False).command()
    assert "fsync=off" in for_tests


def test_rows_survive_a_stop_and_a_kill(running: ServerProcess[Postgres]) -> None:
    url = running.server.url()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    running.stop()
    assert not running.server.is_ready()
    running.start()
    assert value(url, "SELECT answer FROM kept") == 42
    os.kill(running.pid, signal.SIGKILL)
    running.kill()
    running.start()
    assert value(url, "SELECT answer FROM kept") == 42


def test_a_lock_left_by_a_killed_run_does_not_stop_the_next(
    running: ServerProcess[Postgres],
) -> None:
    running.stop()
    lock = running.server.folder / "postmaster.pid"
    lock.write_text(f"{os.getppid()}\n{running.server.folder}\n")  # alive, and not Postgres
    running.start()
    assert value(running.server.url(), "SELECT 1") == 1


def test_a_half_made_cluster_of_a_killed_run_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with postgres_process(tmp_path) as process:
        assert value(process.server.url(), "SELECT 1") == 1
    assert not half.exists()


def test_nothing_outside_the_folder_changes_its_owner(running: ServerProcess[Postgres]) -> None:
    folder = running.server.folder
    assert folder.stat().st_uid == os.geteuid()
    assert folder.parent.stat().st_uid == os.geteuid()


def test_a_folder_with_a_long_path_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with postgres_process(deep) as process:
        assert value(process.server.url(), "SELECT 1") == 1
