"""`make fuzz`: what it says, how it ends, and what it leaves of a target that broke."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz import __main__ as fuzzing
from tests.fuzz.target import module_of

PLANTED = """
from tests.fuzz.target import Target

def check(noise):
    if noise.startswith({bad!r}):
        raise ZeroDivisionError("planted")

TARGET = Target(check=check, seeds=(b"Y", b"Z"))
"""

needs_atheris = pytest.mark.skipif(find_spec("atheris") is None, reason="no wheel for this machine")


def plant(folder: Path, monkeypatch: pytest.MonkeyPatch, *, bad: bytes) -> str:
    """Write a target as a module that can be imported here and by a process of ours."""
    name = f"planted_{bad.hex()}"
    (folder / f"{name}.py").write_text(PLANTED.format(bad=bad), "utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return name


@needs_atheris
def test_a_target_that_breaks_is_told_with_its_trace_and_its_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = plant(tmp_path, monkeypatch, bad=b"Z")
    assert not fuzzing.fuzz(name, seconds=1, folder=tmp_path / "fuzz")
    told = capsys.readouterr().out
    assert "ZeroDivisionError: planted" in told
    [broken] = (tmp_path / "fuzz/crashes").iterdir()
    assert broken.read_bytes() == b"Z"
    assert f"-m tests.fuzz {name} {broken}" in told


@needs_atheris
def test_a_target_that_holds_is_told_with_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = plant(tmp_path, monkeypatch, bad=b"never tried" * 9)
    assert fuzzing.fuzz(name, seconds=1, folder=tmp_path / "fuzz")
    [told] = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"{name} +\d+\.\d s +[\d,]+ runs", told)
    assert list((tmp_path / "fuzz/crashes").iterdir()) == []
    assert (tmp_path / f"fuzz/corpus/{name}/seed-1").read_bytes() == b"Z"


RECORDING = """
from pathlib import Path
from tests.fuzz.target import Target

def check(noise):
    with Path({drawn!r}).open("ab") as drawn:
        drawn.write(noise + bytes([10]))

TARGET = Target(check=check, seeds=(b"Y", b"Z"))
"""


@needs_atheris
def test_the_same_seed_draws_the_same_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, drawn = "planted_recording", tmp_path / "drawn"
    (tmp_path / f"{name}.py").write_text(RECORDING.format(drawn=str(drawn)), "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    for run, seed in enumerate((1, 1, 2)):
        drawn.write_bytes(b"")
        assert fuzzing.fuzz(name, seconds=9, folder=tmp_path / f"fuzz{run}", seed=seed, runs=700)
        seen.append(drawn.read_bytes())
    assert len(seen[0]) >= 700
    assert seen[0] == seen[1]
    assert seen[1] != seen[2]


def test_an_input_is_fed_again_and_breaks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = plant(tmp_path, monkeypatch, bad=b"Ze")
    monkeypatch.setattr(fuzzing, "module_of", str)
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(b"fine")
    bad.write_bytes(b"Zero")
    assert fuzzing.main([name, str(good)]) == 0
    assert "the input passes" in capsys.readouterr().out
    with pytest.raises(ZeroDivisionError):
        fuzzing.main([name, str(bad)])


def test_a_machine_without_atheris_is_told_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzzing, "find_spec", lambda _: None)
    assert fuzzing.main(["html"]) != 0
    [line] = capsys.readouterr().out.splitlines()
    assert "atheris" in line


def test_a_name_nobody_knows_is_told_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert fuzzing.main(["htlm"]) != 0
    told = capsys.readouterr().out
    assert "htlm" in told
    assert "html" in told


def test_every_target_named_is_fuzzed_and_one_broken_is_enough(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, int, int, int]] = []

    def broken_html(module: str, *, seconds: int, folder: Path, seed: int, runs: int) -> bool:
        asked.append((module, seconds, seed, runs))
        return module != module_of("html")

    monkeypatch.setattr(fuzzing, "find_spec", lambda _: sys)
    monkeypatch.setattr(fuzzing, "fuzz", broken_html)
    assert fuzzing.main(["--seconds", "3", "--seed", "7", "--runs", "9", "path", "fqdn"]) == 0
    assert asked == [(module_of("path"), 3, 7, 9), (module_of("fqdn"), 3, 7, 9)]
    assert fuzzing.main(["path", "html", "fqdn"]) == 1
    assert len(asked) == 5
    assert "every parser held" in capsys.readouterr().out
