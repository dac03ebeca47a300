import os
import stat
from pathlib import Path

import pytest

from tests.contract.console import installing
from tests.servers.installing import state_of

INSTALLS = """case "$*" in *" install "*)
  echo "#!/bin/sh" > "$HERE/chromium"; /bin/chmod +x "$HERE/chromium" ;;
esac"""


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of which nothing is known but one folder; the driver is there."""
    driver, programs = tmp_path / "driver", tmp_path / "bin"
    driver.mkdir()
    programs.mkdir()
    (driver / ".installed").write_text(state_of(installing.LOCK), "utf-8")
    monkeypatch.setattr(installing, "DRIVER", driver)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return programs


def program(folder: Path, name: str, script: str) -> None:
    made = folder / name
    made.write_text(
        f'#!/bin/sh\nHERE={folder}\necho "$*" >> "$HERE/log"\n{script}', encoding="utf-8"
    )
    made.chmod(made.stat().st_mode | stat.S_IXUSR)


def log(folder: Path) -> list[str]:
    return (folder / "log").read_text("utf-8").splitlines()


def test_a_machine_without_a_browser_gets_debians(bare: Path) -> None:
    program(bare, "apt-get", INSTALLS)
    assert installing.lacks_of_browser() is not None
    assert installing.install() is None
    assert installing.chromium() == str(bare / "chromium")
    update, install = log(bare)
    assert update.endswith("update")
    assert install.endswith("install --yes chromium")
    assert "Acquire::http::Timeout=30" in update


def test_who_may_not_install_is_told_what_to_do(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare, "apt-get", "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "apt-get install chromium" in str(installing.install())
    assert not (bare / "log").exists()


def test_what_apt_cannot_do_is_told(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare, "apt-get", "exit 100")
    assert "apt-get update ended with 100" in str(installing.install())
    program(bare, "apt-get", "exec /bin/sleep 60")
    monkeypatch.setattr(installing, "_APT_WITHIN_S", 0.2)
    assert "longer than 0.2 s" in str(installing.install())


def test_a_browser_can_be_named(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/opt/browser")
    assert installing.install() is None
    assert not (bare / "log").exists()


def test_another_lock_is_not_installed_yet(bare: Path) -> None:
    (bare.parent / "driver" / ".installed").write_text("older", "utf-8")
    assert installing.lacks_of_browser() == "not installed: make console-check"


@pytest.mark.parametrize(("value", "is_ci"), [("", False), ("0", False), ("true", True)])
def test_ci_says_that_it_is_one(
    monkeypatch: pytest.MonkeyPatch, value: str, *, is_ci: bool
) -> None:
    monkeypatch.setenv("CI", value)
    assert installing.is_ci() is is_ci
