"""Which names a command is for."""

import io
from pathlib import Path

import pytest
from outscope_client.cli.endings import USAGE, Ended
from outscope_client.cli.targets import Target, targets_from, targets_in


def test_a_file_has_a_name_a_line_and_comments() -> None:
    assert targets_in("# ours\n\na.example  # shop\n b.example\n", "t.txt") == [
        Target("a.example", "t.txt", 3),
        Target("b.example", "t.txt", 4),
    ]


def test_names_come_from_arguments_a_file_and_standard_input_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "names"
    file.write_bytes(b"\xef\xbb\xbfb.example\r\nA.example.\r\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("c.example\n"))
    found = targets_from(["a.example", "-"], str(file))
    assert [one.fqdn for one in found] == ["a.example", "c.example", "b.example"]


def test_without_a_name_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("c.example\n"))
    assert [one.fqdn for one in targets_from([], None)] == ["c.example"]


def test_no_name_and_no_file_are_wrongly_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("# nothing\n"))
    with pytest.raises(Ended, match="There is no name") as caught:
        targets_from([], None)
    assert caught.value.code == USAGE
    with pytest.raises(Ended, match="cannot be read"):
        targets_from([], str(tmp_path / "missing"))
