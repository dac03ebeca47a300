"""outscope list, show, watch, explain and compare in a real shell."""

import json

import pytest

from tests.contract.client.cli.shell import Shell
from tests.e2e.conftest import Town


@pytest.fixture
def ids(shell: Shell, town: Town) -> list[str]:
    """Two checks of one name, which see different things."""
    found = []
    for port in (town.http, town.https):
        ran = shell.run(f"outscope check two.town.test --port {port} --json")
        found.append(str(json.loads(ran.out)["id"]))
    return found


def test_checks_are_listed_shown_watched_and_explained(shell: Shell, ids: list[str]) -> None:
    listed = shell.run("outscope list --name two.town.test --limit 2")
    assert [row.split()[-1] for row in listed.out.splitlines()[1:]] == ids[::-1]
    as_json = json.loads(shell.run("outscope list -n 1 --status completed --json").out)
    assert len(as_json) == 1
    shown = shell.run("outscope show two.town.test")
    assert shown.out == shell.run(f"outscope show {ids[1]}").out
    assert shown.out.startswith("two.town.test seen from")
    watched = shell.run(f"outscope watch {ids[0]}")
    assert watched.code == 0
    assert "Analyzable" in watched.out
    explained = shell.run(f"outscope explain {ids[0]}")
    assert any(row.startswith("decided ") for row in explained.out.splitlines())
    assert json.loads(shell.run(f"outscope explain {ids[0]} --json").out)["is_current"]


def test_two_checks_are_compared_and_the_exit_code_tells(shell: Shell, ids: list[str]) -> None:
    ran = shell.run(f"outscope compare {ids[0]} {ids[1]}")
    assert ran.code == 1
    assert ran.out.splitlines()[0].split() == ["what", "before", "after"]
    assert "ports." in ran.out
    same = shell.run(f"outscope compare {ids[0]} {ids[0]}")
    assert (same.code, same.out) == (0, "Nothing has changed.\n")


def test_a_check_from_several_places_is_listed_shown_watched_and_compared(
    shell: Shell, town: Town
) -> None:
    made = f"outscope check joint.town.test --port {town.http} --json"
    first, second = (json.loads(shell.run(f"{made} --from all").out) for _ in range(2))
    assert first["vantage_point"] is None
    listed = shell.run("outscope list --name joint.town.test")
    assert [row.split()[-1] for row in listed.out.splitlines()[1:]] == [second["id"], first["id"]]
    shown = shell.run("outscope show joint.town.test")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("joint.town.test seen from eu-west-1, us-east-1\n")
    assert "agreement agree (2 of 2 places counted)" in shown.out
    assert "\n## Places\n" in shell.run("outscope show joint.town.test --markdown").out
    watched = shell.run(f"outscope watch {first['id']}")
    assert (watched.code, watched.err) == (0, "")
    assert "seen from eu-west-1, us-east-1" in watched.out
    assert shell.run(f"outscope explain {first['id']}").code == 0
    same = shell.run(f"outscope compare {first['id']} {second['id']}")
    assert (same.code, same.out) == (0, "Nothing has changed.\n"), same.out
    alone = json.loads(shell.run(f"{made} --from eu-west-1").out)
    ran = shell.run(f"outscope compare {first['id']} {alone['id']}")
    assert ran.code == 1
    assert [row.split() for row in ran.out.splitlines()[1:]] == [
        ["vantage_point", "null", "eu-west-1"]
    ]


def test_a_check_that_is_not_there_is_told_by_the_exit_code(shell: Shell) -> None:
    ran = shell.run("outscope show chk_00000000000000000000000000")
    assert ran.code == 3
    assert ran.err.startswith("outscope: ")
    assert "Traceback" not in ran.err


def test_a_reader_that_has_seen_enough_is_no_error(shell: Shell, ids: list[str]) -> None:
    ran = shell.run(f"set -o pipefail; outscope explain {ids[0]} --json | head -1")
    assert (ran.out, ran.err) == ("{\n", "")
