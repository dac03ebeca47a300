"""What the page about the command line shows is what the command line takes."""

import re
import shlex
from typing import Any, Final

import pytest
import yaml

from tests.architecture.tree import ROOT
from tests.contract.client.cli.shell import Shell
from tests.e2e.conftest import Town

PAGE: Final = (ROOT / "docs/command-line.md").read_text("utf-8")
SHELL: Final = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PIPELINES: Final = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def gates() -> list[str]:
    """Every line of the page that runs a gate, from shell and pipelines alike."""
    github, gitlab = (yaml.safe_load(text) for text in PIPELINES)
    steps: list[dict[str, Any]] = github["jobs"]["gate"]["steps"]
    lines = [step["run"] for step in steps if "run" in step] + gitlab["outside-view"]["script"]
    lines += [line for text in SHELL for line in text.replace("\\\n", " ").splitlines()]
    return [line.strip() for line in lines if line.startswith("outscope gate")]


def test_there_are_three_gates() -> None:
    assert len(gates()) == 3


# The last forbids API documentation, which the town has.
@pytest.mark.parametrize(("number", "code"), [(0, 0), (1, 0), (2, 1)])
def test_a_gate_of_the_page_runs_as_it_stands(
    shell: Shell, town: Town, number: int, code: int
) -> None:
    (shell.folder / "targets.txt").write_text("page.town.test\n")
    line = f"{gates()[number]} --port {town.https}"
    ran = shell.run(line)
    assert ran.code == code, ran.out + ran.err
    options = shlex.split(line)
    for option in {"--junit", "--sarif"} & set(options):
        assert (shell.folder / options[options.index(option) + 1]).exists()


def test_the_checks_of_the_page_are_understood(shell: Shell, town: Town) -> None:
    (shell.folder / "names.txt").write_text("page.town.test\n")
    lines = [
        line.replace("one.example two.example", "one.town.test")
        for text in SHELL
        for line in text.splitlines()
        if "names.txt" in line
    ]
    assert len(lines) == 2
    for line in lines:
        command = line.partition("#")[0].strip()
        ran = shell.run(f"{command} --port {town.http}")
        assert ran.code == 0, ran.err
