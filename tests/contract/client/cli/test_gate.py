"""outscope gate in a real shell: its exit codes, and what it has written before it exits."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.contract.client.cli.shell import Ran, Shell
from tests.e2e.conftest import Town
from tests.unit.client.cli.test_sarif import VALID

REPORTS = "--junit junit.xml --sarif gate.sarif"


def gate(shell: Shell, town: Town, options: str, names: str = "gate.town.test", **env: str) -> Ran:
    for name in ("junit.xml", "gate.sarif"):
        (shell.folder / name).unlink(missing_ok=True)
    return shell.run(f"outscope gate {names} --port {town.https} {REPORTS} {options}", **env)


def written(shell: Shell) -> tuple[dict[str, str], dict[str, object]]:
    junit = ET.parse(shell.folder / "junit.xml").getroot()
    sarif: Any = json.loads((shell.folder / "gate.sarif").read_text())
    assert [error.message for error in VALID.iter_errors(sarif)] == []
    return junit.attrib, sarif["runs"][0]


def test_0_when_all_is_met(shell: Shell, town: Town) -> None:
    asked = "--require analyzable --require 'tls.days_left>=14' --forbid auth_detected"
    ran = gate(shell, town, asked)
    assert ran.code == 0, ran.out + ran.err
    assert "The gate is met." in ran.out
    junit, sarif = written(shell)
    assert (junit["tests"], junit["failures"], junit["errors"]) == ("3", "0", "0")
    assert sarif["results"] == []


def test_a_gate_of_several_places_holds_for_each_of_them(shell: Shell, town: Town) -> None:
    asked = "--from all --require analyzable --require agreement.code==agree"
    ran = gate(shell, town, f"{asked} --require vantages.analysis.analyzable")
    assert ran.code == 0, ran.out + ran.err
    assert "agreement.code is agree" in ran.out
    assert "vantages.analysis.analyzable is true, true" in ran.out
    assert written(shell)[0]["tests"] == "3"
    ran = gate(shell, town, "--from all --require agreement.code!=agree")
    assert ran.code == 1, ran.out + ran.err
    assert len(written(shell)[1]["results"]) == 1  # type: ignore[arg-type]  # SARIF's shape


def test_1_when_something_is_not(shell: Shell, town: Town) -> None:
    (shell.folder / "targets.txt").write_text("# ours\ngate.town.test\n")
    asked = "--targets targets.txt --forbid parked"
    ran = gate(shell, town, "--targets targets.txt --require 'tls.days_left<14'", names="")
    assert ran.code == 1, ran.err
    assert "NOT MET" in ran.out
    assert "ports.tls.days_left is " in ran.out
    junit, sarif = written(shell)
    assert junit["failures"] == "1"
    results = sarif["results"]
    assert isinstance(results, list)
    place = results[0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("targets.txt", 2)
    assert gate(shell, town, asked, names="").code == 3


def test_2_when_it_could_not_be_decided(shell: Shell, town: Town) -> None:
    ran = gate(shell, town, "--require analyzable", OUTSCOPE_API_KEY="svc_of_nobody")
    assert ran.code == 2, ran.out + ran.err
    junit, sarif = written(shell)
    assert (junit["failures"], junit["errors"]) == ("0", "1")
    assert sarif["invocations"][0]["executionSuccessful"] is False  # type: ignore[index]  # SARIF's shape
    slow = shell.run(
        f"outscope gate s.town.test --port {town.slow} --require reachable --timeout 1"
    )
    assert slow.code == 2


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--require analysable", "there is no 'analysable'"),
        ("--forbid 'tls.days_left>=x'", "'x' is none"),
        ("", "needs a condition"),
        ("--requir analyzable", "No such option"),
        ("--require analyzable --timeout 0", "timeout"),
        ("--require analyzable --targets missing.txt", "cannot be read"),
        ("--require analyzable --junit missing/junit.xml", "cannot be written"),
    ],
)
def test_3_when_it_was_wrongly_asked(shell: Shell, town: Town, options: str, reason: str) -> None:
    ran = gate(shell, town, options)
    assert ran.code == 3, ran.out + ran.err
    assert reason in ran.err


def test_3_when_there_is_no_such_name_or_no_key(shell: Shell, town: Town) -> None:
    assert gate(shell, town, "--require analyzable", names="'no name'").code == 3
    assert "The label 'no name' has a character" in (shell.folder / "junit.xml").read_text()
    assert written(shell)[0]["errors"] == "1"
    assert gate(shell, town, "--require analyzable", OUTSCOPE_API_KEY="").code == 3
    ran = gate(shell, town, "--require analyzable --port 99999")
    assert ran.code == 3
    assert "ports[1] must be at most 65535\nThe gate was wrongly asked" in ran.out


def test_4_when_policy_refuses(shell: Shell, town: Town) -> None:
    ran = gate(shell, town, "--require analyzable", names="inner.town.test")
    assert ran.code == 4, ran.out + ran.err
    assert written(shell)[0]["errors"] == "1"
