"""The shell of the README runs as it stands, and every line of outscope in docs is understood."""

import re
import shlex
from typing import Final

import pytest
from outscope_client.cli.app import app
from typer.testing import CliRunner

from tests.architecture.tree import ROOT
from tests.contract.client.cli.shell import Shell
from tests.contract.client.cli.test_probe import settings
from tests.e2e.conftest import Town

FENCED: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES: Final = ("README.md", "client/README.md", "docs/command-line.md")
PROGRAM: Final = ".venv/bin/outscope"


def lines_of(page: str) -> list[str]:
    """Return the lines of shell of a page, those that go on joined, and without comments."""
    blocks = FENCED.findall((ROOT / page).read_text("utf-8"))
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.partition("  #")[0].strip() for line in lines]


def commands_of(page: str) -> list[list[str]]:
    """Return the words that follow outscope in each command of a page."""
    parts = (part for line in lines_of(page) for part in re.split(r"&&|\|", line))
    commands = []
    for part in parts:
        words = shlex.split(part)
        while words and "=" in words[0]:  # a variable that stands before it
            words = words[1:]
        if words and words[0] in {"outscope", PROGRAM}:
            commands.append(words[1:])
    return commands


COMMANDS: Final = [words for page in PAGES for words in commands_of(page)]


def code_of(words: list[str]) -> int:
    """Have the command line read a command; with --help its options are read, and it ends."""
    return CliRunner().invoke(app, [*words, "--help"]).exit_code


def test_the_pages_hold_commands() -> None:
    assert len(COMMANDS) >= 18
    assert {words[0] for words in COMMANDS} >= {"check", "gate", "login", "probe", "webhooks"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_of_a_page_is_understood(words: list[str]) -> None:
    assert code_of(words) == 0


def test_a_command_that_is_none_is_not_understood() -> None:
    for words in (["check", "a.example", "--prot", "1"], ["chekc", "a.example"]):
        assert code_of(words) != 0


def test_the_terminal_of_the_readme_runs_as_it_stands(shell: Shell, town: Town) -> None:
    lines = [line for line in lines_of("README.md") if line.startswith(PROGRAM)]
    check, probe = (line.replace(PROGRAM, "outscope") for line in lines)
    check = check.replace("shop.demo.test", "readme.town.test").replace("19815", str(town.https))
    ran = shell.run(check)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("readme.town.test seen from eu-west-1\n\n  Analyzable")
    probe = probe.replace("example.com", "readme.town.test") + f" --port {town.http}"
    ran = shell.run(probe, **settings(town))
    assert ran.code == 0, ran.err
    assert ran.out.startswith("readme.town.test\n")


def test_the_check_by_curl_of_the_readme_runs_as_it_stands(shell: Shell, town: Town) -> None:
    create, show = (line for line in lines_of("README.md") if line.startswith("curl"))

    def ours(line: str) -> str:
        line = line.replace("http://127.0.0.1:8080", shell.url).replace("19815", str(town.https))
        return line.replace("shop.demo.test", "curl.town.test")

    created = shell.run(ours(create)).out
    found = re.search(r'"id":\s?"(chk_\w+)"', created)
    assert found, created
    shown = shell.run(re.sub(r"chk_\w+", found[1], ours(show)))
    assert f'"id":"{found[1]}"' in shown.out.replace('": "', '":"')
