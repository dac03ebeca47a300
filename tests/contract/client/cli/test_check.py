"""outscope check in a real shell, against the running system."""

import json

from tests.contract.client.cli.shell import Shell
from tests.e2e.conftest import Town


def test_a_report_has_the_verdict_first_and_nothing_for_terminals(shell: Shell, town: Town) -> None:
    ran = shell.run(f"outscope check plain.town.test --port {town.http} --from eu-west-1")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "plain.town.test seen from eu-west-1"
    assert lines[2].startswith("  Analyzable (kind: ")
    assert f"ports     {town.http} open, speaks HTTP" in ran.out
    assert "\x1b" not in ran.out


def test_several_places_are_one_check_with_a_line_for_each(shell: Shell, town: Town) -> None:
    asked = f"outscope check several.town.test --port {town.http} --from us-east-1 --from eu-west-1"
    ran = shell.run(asked)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("several.town.test seen from us-east-1, eu-west-1\n")
    assert "  places    us-east-1  Analyzable (kind: " in ran.out
    assert "\n            eu-west-1  Analyzable (kind: " in ran.out
    assert "  agreement agree (2 of 2 places counted)\n" in ran.out
    check = json.loads(shell.run(f"{asked} --quorum all --json").out)
    assert check["request"]["quorum"] == "all"
    assert [one["vantage_point"] for one in check["vantages"]] == ["us-east-1", "eu-west-1"]
    refused = shell.run(
        f"outscope check a.town.test --quorum all --from eu-west-1 --port {town.http}"
    )
    assert refused.code == 3


def test_progress_is_shown_to_who_looks(shell: Shell, town: Town) -> None:
    ran = shell.run_at_a_terminal(f"outscope check live.town.test --port {town.slow}")
    assert ran.code == 0
    assert f"port {town.slow} open" in ran.out
    assert "\x1b[1m" in ran.out
    assert "Analyzable" in ran.out


def test_json_is_the_check_and_markdown_a_page(shell: Shell, town: Town) -> None:
    ran = shell.run(f"outscope check j.town.test --port {town.https} --path / --path /a --json")
    check = json.loads(ran.out)
    assert (check["fqdn"], check["request"]["paths"]) == ("j.town.test", ["/", "/a"])
    ran = shell.run(f"outscope check j.town.test --port {town.https} --sample --markdown")
    assert ran.out.startswith("# j.town.test seen from")
    assert "\n## TLS\n\n- " in ran.out


def test_many_names_from_everywhere_are_one_batch_with_a_summary(shell: Shell, town: Town) -> None:
    (shell.folder / "names.txt").write_text("two.town.test # second\nthree.town.test\n")
    line = f"echo four.town.test | outscope check one.town.test - -f names.txt --port {town.http}"
    ran = shell.run(line)
    assert ran.code == 0, ran.err
    names = [row.split()[0] for row in ran.out.splitlines()[1:5]]
    assert names == [f"{one}.town.test" for one in ("one", "four", "two", "three")]
    assert "4 checks: 4 carried out, 4 analyzable" in ran.out


def test_one_bad_name_spoils_no_other_and_is_told_by_the_exit_code(
    shell: Shell, town: Town
) -> None:
    ran = shell.run(f"outscope check 'not a name' good.town.test --port {town.http} --json")
    bad, good = json.loads(ran.out)
    assert (ran.code, bad["error"]["code"], good["status"]) == (3, "invalid_request", "completed")


def test_what_policy_refuses_is_told_by_the_exit_code(shell: Shell, town: Town) -> None:
    ran = shell.run(f"outscope check inner.town.test --port {town.http}")
    assert ran.code == 4
    assert "could not be carried out (target_refused)" in ran.out
    assert "To act: policy" in ran.out


def test_a_check_that_does_not_end_in_time_is_told_with_what_to_do(
    shell: Shell, town: Town
) -> None:
    ran = shell.run(f"outscope check slow.town.test --port {town.slow} --timeout 1")
    assert ran.code == 2
    assert "still pending after 1 s" in ran.out
