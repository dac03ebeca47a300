from pathlib import Path

import pytest

from tests.servers import installing
from tests.servers.installing import InstallError

SIMULATED = (
    "Inst libnss3 [2:3.87.1-1] (2:3.87.1-2 Debian [amd64])\n"
    "Inst libyajl2 (2.1.0-3 Debian [amd64])\nInst apache2 (2.4 Debian [amd64])\n"
    "Conf apache2 (2.4)\n"
)


def test_what_would_be_upgraded_is_there_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "run_client", lambda *_: SIMULATED)
    assert installing.dependencies_of(("apt-get",), ("apache2",)) == {"libyajl2", "apache2"}


def test_packages_that_exclude_each_other_are_resolved_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(*command: str) -> str:
        if len(command) > 4 or command[-1] == "exim4":
            raise InstallError("unmet dependencies")
        return f"Inst lib{command[-1]} (1 Debian [amd64])\n"

    monkeypatch.setattr(installing, "run_client", run)
    assert installing.dependencies_of(("apt-get",), ("caddy", "exim4")) == {"libcaddy"}


def test_a_client_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(InstallError, match=r"sh ended with 3: .*no such package"):
        installing.run_client("sh", "-c", "echo no such package >&2; exit 3")
    with pytest.raises(InstallError, match="no-such-client"):
        installing.run_client("no-such-client")


def test_another_lock_is_another_state(tmp_path: Path) -> None:
    lock, stamp = tmp_path / "lock", tmp_path / ".installed"
    lock.write_text("a==1", "utf-8")
    assert not installing.is_installed(stamp, installing.state_of(lock))
    stamp.write_text(installing.state_of(lock), "utf-8")
    assert installing.is_installed(stamp, installing.state_of(lock))
    lock.write_text("a==2", "utf-8")
    assert not installing.is_installed(stamp, installing.state_of(lock))
