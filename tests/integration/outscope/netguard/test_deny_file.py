"""A deny list follows its file: changes, replacements, mistakes, and a file that is gone."""

import asyncio
import os
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from outscope.config import ConfigError
from outscope.netguard import deny_file
from outscope.netguard.deny_file import DenyFile, opened_deny_file
from outscope.netguard.policy import Policy

SETTING = "OUTSCOPE_DENY_FILE"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "deny.txt"
    written.write_text("first.example\n")
    return written


def replaced(path: Path, text: str) -> None:
    """Put another file in its place, as an editor or a ConfigMap does."""
    other = path.with_suffix(".new")
    other.write_text(text)
    other.rename(path)


def rewritten(path: Path, text: str) -> None:
    """Write into the file that is there."""
    path.write_text(text)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


def removed(path: Path) -> None:
    path.unlink()


async def looked(*files: DenyFile) -> None:
    """Look twice: once to see the change, once to see that the file rests."""
    for file in files:
        await file.look()
        await file.look()


@pytest.mark.parametrize("change", [replaced, rewritten])
async def test_a_change_counts_for_everybody_who_holds_the_list(
    path: Path, change: Callable[[Path, str], None]
) -> None:
    file = DenyFile(path)
    policy = Policy(deny=file)
    assert policy.denial_for_name("first.example")
    change(path, "other.example\n8.8.8.8\n")
    await looked(file)
    assert policy.denial_for_name("first.example") is None
    assert policy.denial_for_name("other.example")
    assert policy.denial_for(ip_address("8.8.8.8"))


async def test_a_file_that_is_still_being_written_does_not_count(path: Path) -> None:
    file = DenyFile(path)
    for size in range(1, 4):
        rewritten(path, "# begun\n" * size)
        await file.look()
        assert file.current.has_name("first.example")
    rewritten(path, "first.example\nlast.example\n")
    await looked(file)
    assert file.current.size == 2


async def test_a_mistake_keeps_the_last_good_list_and_is_told_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = DenyFile(path)
    replaced(path, "good.example\nhttps://bad.example\n")
    await looked(file, file, file)
    assert file.current.has_name("first.example")
    assert not file.current.has_name("good.example")
    (told,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "line 2" in str(told.__dict__)
    assert "write one name or range a line" in str(told.__dict__)
    replaced(path, "good.example\n")
    await looked(file)
    assert file.current.has_name("good.example")


async def test_a_file_that_is_gone_keeps_the_last_good_list_and_is_told_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = DenyFile(path)
    removed(path)
    await looked(file, file)
    assert file.current.has_name("first.example")
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    replaced(path, "back.example\n")
    await looked(file)
    assert file.current.has_name("back.example")


async def test_it_is_looked_for_changes_again_and_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deny_file, "POLL_S", 0.01)
    file = DenyFile(path)
    watching = asyncio.create_task(file.watch())
    try:
        for name in ("second.example", "third.example"):
            replaced(path, name)
            async with asyncio.timeout(5):
                while not file.current.has_name(name):
                    await asyncio.sleep(0.01)
    finally:
        watching.cancel()


@pytest.mark.parametrize(
    ("content", "told"), [(b"a.example\nno name\n", "line 2"), (b"\xff\xfe", "codec can't decode")]
)
def test_a_bad_file_at_the_start_is_told_in_one_line(path: Path, content: bytes, told: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        opened_deny_file(SETTING, path)
    assert str(refused.value).startswith(f"{SETTING}={str(path)!r}: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_at_the_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        opened_deny_file(SETTING, tmp_path / "gone.txt")


def test_without_the_setting_there_is_no_list() -> None:
    assert opened_deny_file(SETTING, None) is None


def test_a_byte_order_mark_and_foreign_line_ends_are_no_mistake(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbffirst.example\r\nsecond.example\r\n")
    assert DenyFile(path).current.size == 2
