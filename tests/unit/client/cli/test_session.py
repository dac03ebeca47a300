"""What every command has in common."""

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
