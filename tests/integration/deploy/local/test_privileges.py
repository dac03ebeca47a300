import os
import subprocess
from pathlib import Path

import pytest

from deploy.local import privileges
from deploy.local.privileges import as_ordinary_user, own

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="there is nothing to drop")


def test_a_program_runs_as_somebody_who_is_not_root_and_keeps_its_process_id() -> None:
    command = as_ordinary_user(["sh", "-c", "id -u; echo $$"])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        uid, pid = process.stdout.read().split()
    assert int(uid) != 0
    assert int(pid) == process.pid


def test_a_private_file_of_ours_can_be_read_and_written(tmp_path: Path) -> None:
    own(tmp_path)
    private = tmp_path / "private"
    private.write_text("secret")
    private.chmod(0o600)
    command = as_ordinary_user(["sh", "-c", f"cat {private}; echo more > {private}"])
    read = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (read.stdout, private.read_text()) == ("secret", "more\n")


@AS_ROOT
def test_without_namespaces_setpriv_takes_over_and_the_folder_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privileges, "_NAMESPACE", ["false"])
    privileges._drop.cache_clear()  # noqa: SLF001 - what works here was found out before
    try:
        folder = tmp_path / "inner"
        folder.mkdir(mode=0o700)
        (folder / "file").touch()
        own(folder)
        owners = {path.stat().st_uid for path in (folder, folder / "file")}
        test_a_program_runs_as_somebody_who_is_not_root_and_keeps_its_process_id()
        command = as_ordinary_user(["cat", str(folder / "file")])
        assert subprocess.run(command, check=False).returncode == 0
    finally:
        monkeypatch.undo()
        privileges._drop.cache_clear()  # noqa: SLF001 - for the tests after this one
    assert 0 not in owners
    own(folder)
    assert {path.stat().st_uid for path in (folder, folder / "file")} == {0}
    assert tmp_path.stat().st_uid == 0


@AS_ROOT
def test_where_root_cannot_be_dropped_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(privileges, "_NAMESPACE", ["false"])
    monkeypatch.setattr(privileges, "_SETPRIV", ["false"])
    privileges._drop.cache_clear()  # noqa: SLF001 - what works here was found out before
    try:
        with pytest.raises(privileges.PrivilegeError, match="DATABASE_URL"):
            as_ordinary_user(["true"])
    finally:
        monkeypatch.undo()
        privileges._drop.cache_clear()  # noqa: SLF001 - for the tests after this one
