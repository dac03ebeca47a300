"""outscope probe in a real shell: no server runs, and the key is nobody's."""

import json

import pytest

from tests.architecture.tree import ROOT
from tests.contract.client.cli.shell import Shell, shell_in
from tests.e2e.conftest import Town


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell that can reach no server."""
    return shell_in(tmp_path_factory.mktemp("alone") / "shell", "http://127.0.0.1:1", "")


def settings(town: Town, **changes: str) -> dict[str, str]:
    return {
        "OUTSCOPE_HOME": str(ROOT),
        "OUTSCOPE_RESOLVERS": f"127.0.0.1:{town.dns}",
        "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
        "OUTSCOPE_CA_FILE": str(town.ca_file),
        **changes,
    }


def test_a_name_is_reported_and_from_where_is_said(alone: Shell, town: Town) -> None:
    ran = alone.run(f"outscope probe one.town.test --port {town.https}", **settings(town))
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "one.town.test"
    assert lines[2].startswith("  Analyzable (kind: ")
    assert "certificate valid" in ran.out
    assert "from this machine and not from a vantage point" in ran.out


def test_its_json_is_a_check_of_no_vantage_point(alone: Shell, town: Town) -> None:
    line = f"outscope probe one.town.test --port {town.http} --path / --path /a --sample --json"
    ran = alone.run(line, **settings(town))
    check = json.loads(ran.out)
    assert (check["status"], check["vantage_point"]) == ("completed", None)
    assert check["observer"]["vantage_point"] == "this machine"
    assert [path["path"] for path in check["paths"]] == ["/", "/a"]
    assert check["paths"][0]["sample"]["body"]
    assert check["analysis"]["reasons"]


def test_the_same_name_is_judged_as_by_a_system(shell: Shell, alone: Shell, town: Town) -> None:
    what = f"same.town.test --port {town.https} --path / --path /private --json"
    asked = json.loads(shell.run(f"outscope check {what}").out)
    probed = json.loads(alone.run(f"outscope probe {what}", **settings(town)).out)
    assert probed["analysis"] == asked["analysis"]


def test_a_page_says_from_where_too(alone: Shell, town: Town) -> None:
    line = f"outscope probe one.town.test --port {town.http} --markdown"
    ran = alone.run(line, **settings(town))
    assert ran.out.startswith("# one.town.test\n")
    assert "not from a vantage point" in ran.out


def test_inner_addresses_are_refused_until_their_range_is_opened(alone: Shell, town: Town) -> None:
    told = settings(town, OUTSCOPE_ALLOW_NET="")
    line = f"outscope probe one.town.test --port {town.http}"
    ran = alone.run(line, **told)
    assert (ran.code, "target_refused" in ran.out) == (4, True)
    assert alone.run(f"{line} --allow-net 127.0.0.0/8", **told).code == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("'not a name'", "name: "),
        ("one.town.test --port 70000", "port: "),
        ("one.town.test --path no-slash", "path: "),
        ("one.town.test --allow-net nonsense", "OUTSCOPE_ALLOW_NET"),
        ("-- --help", "name: "),
    ],
)
def test_what_is_wrong_is_named(alone: Shell, town: Town, line: str, said: str) -> None:
    ran = alone.run(f"outscope probe {line}", **settings(town))
    assert (ran.code, ran.out) == (3, "")
    assert said in ran.err


def test_without_a_prober_the_remedy_is_told(alone: Shell, town: Town) -> None:
    ran = alone.run("outscope probe one.town.test", **settings(town, OUTSCOPE_HOME="/nowhere"))
    assert (ran.code, "make setup" in ran.err) == (3, True)


def test_in_a_clone_it_is_found(alone: Shell, town: Town) -> None:
    told = settings(town)
    del told["OUTSCOPE_HOME"]
    line = f"cd {ROOT}/docs && outscope probe one.town.test --port {town.http}"
    assert alone.run(line, **told).code == 0
