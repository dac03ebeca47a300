"""What every command has in common."""

import json
from pathlib import Path

import pytest
from outscope_client.cli.endings import USAGE, Ended
from outscope_client.cli.session import Session, print_json, print_table


def test_without_a_key_a_command_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTSCOPE_CONFIG", str(tmp_path / "login.json"))
    monkeypatch.delenv("OUTSCOPE_API_KEY", raising=False)
    with pytest.raises(Ended, match="outscope login") as caught, Session().client():
        pass
    assert caught.value.code == USAGE


def test_columns_stand_below_each_other_and_long_ones_are_not_broken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(["name", "id"], [["a" * 120, "1"], ["[b]", "2"]])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{'name':<120}  id", f"{'a' * 120}  1", f"{'[b]':<120}  2"]


def test_json_is_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"title": "Caf\u00e9 [b]"})
    assert capsys.readouterr().out == '{\n  "title": "Caf\u00e9 [b]"\n}\n'


def test_json_that_moves_a_cursor_is_escaped_and_says_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = {"title": "a\u009b2J\u202e\x7f\ud800\U000e0001 \u00e9"}
    print_json(told)
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    assert "\u00e9" in out
    assert json.loads(out) == told


def test_a_cell_of_a_table_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["id"], [["chk_\x1b[2J"]])
    assert capsys.readouterr().out == "id\nchk_\ufffd[2J\n"
