import os
import pwd
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import privileges
from deploy.local.privileges import as_ordinary_user, own
from tests.backends import postgres_process

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


@pytest.fixture
def drop_by() -> Iterator[Callable[..., None]]:
    """Let only these ways of dropping root work."""
    with pytest.MonkeyPatch.context() as patch:

        def only(*ways: str) -> None:
            patch.undo()
            for way in {"_NAMESPACE", "_SETPRIV"} - set(ways):
                patch.setattr(privileges, way, ["false"])
            forget_what_works()

        yield only
    forget_what_works()


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Take the name of a uid away, as on a machine that has no such user."""
    known = pwd.getpwuid

    def take_name_of(nameless_uid: int) -> None:
        def named(uid: int) -> pwd.struct_passwd:
            if uid == nameless_uid:
                raise KeyError(uid)
            return known(uid)

        monkeypatch.setattr(pwd, "getpwuid", named)
        forget_what_works()

    yield take_name_of
    forget_what_works()


def forget_what_works() -> None:
    privileges._drop.cache_clear()  # noqa: SLF001 - it is found out once for each process


@AS_ROOT
def test_where_nobody_has_the_usual_uid_a_program_runs_as_a_user_with_a_name(
    nameless: Callable[[int], None],
) -> None:
    nameless(1000)
    command = as_ordinary_user(["id", "-un"])  # as initdb does, it fails for a uid without a name
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert pwd.getpwnam(run.stdout.strip()).pw_uid not in {0, 1000}


@AS_ROOT
def test_a_uid_without_a_name_is_lent_one(
    nameless: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless(54321)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    command = as_ordinary_user(["id", "-un"])
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.strip() not in {"", "root"}


def test_a_uid_without_a_name_that_cannot_be_lent_one_is_told_in_one_line(
    nameless: Callable[[int], None],
    drop_by: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drop_by()
    nameless(54321)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(privileges.PrivilegeError, match="uid 54321 has none") as refused:
        as_ordinary_user(["true"])
    assert "\n" not in str(refused.value)


@AS_ROOT
def test_without_namespaces_postgres_runs_by_setpriv_and_its_folder_follows(
    tmp_path: Path, drop_by: Callable[..., None]
) -> None:
    drop_by("_SETPRIV")
    with postgres_process(tmp_path) as process:
        folder = process.server.folder
        assert {path.stat().st_uid for path in (folder, folder / "PG_VERSION")} == {65534}
        assert tmp_path.stat().st_uid == 0
        process.stop()
        drop_by("_NAMESPACE")
        process.start()
        assert {path.stat().st_uid for path in (folder, folder / "PG_VERSION")} == {0}


@AS_ROOT
def test_where_root_cannot_be_dropped_one_line_says_what_to_do(
    drop_by: Callable[..., None],
) -> None:
    drop_by()
    with pytest.raises(privileges.PrivilegeError, match="DATABASE_URL") as refused:
        as_ordinary_user(["true"])
    assert "\n" not in str(refused.value)
