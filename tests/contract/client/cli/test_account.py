"""outscope regions, usage, login and doctor in a real shell."""

import json
import stat
import time

from outscope_client import Client

from tests.contract.client.cli.shell import Shell

# Until a prober that has just started has tested itself.
PATIENCE_S = 30.0


def test_the_account_and_its_places_are_told(shell: Shell) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while "not tested yet" in (regions := shell.run("outscope regions")).out:
        assert time.monotonic() < give_up_s, regions.out
    assert regions.out.splitlines()[1].startswith("eu-west-1  1 of 1")
    used = shell.run("outscope usage")
    assert [row.split()[0] for row in used.out.splitlines()[1:]] == ["rate", "in", "monthly"]
    assert json.loads(shell.run("outscope usage --json").out)["rate"]["scope"]


def test_a_webhook_that_gets_nothing_is_told_with_what_is_used(shell: Shell) -> None:
    made = json.loads(shell.run("outscope webhooks create http://127.0.0.1:9/ --json").out)
    with Client(shell.api_key, url=shell.url) as client:
        client.webhooks.update(made["id"], enabled=False)
        told = shell.run("outscope usage").out.splitlines()
        client.webhooks.delete(made["id"])
    assert f"webhook {made['id']} is disabled (disabled_by_user) since" in " ".join(told)
    assert made["id"] not in shell.run("outscope usage").out


def test_a_login_is_stored_for_its_owner_alone_and_used(shell: Shell) -> None:
    nobody = {"OUTSCOPE_API_KEY": "", "OUTSCOPE_URL": ""}
    line = f"outscope login --url {shell.url}"
    ran = shell.run(line, stdin=f"{shell.api_key}\n", **nobody)
    assert ran.code == 0, ran.err
    assert shell.api_key not in ran.out + ran.err
    assert stat.S_IMODE((shell.folder / "login.json").stat().st_mode) == 0o600
    assert shell.run("outscope usage", **nobody).code == 0
    assert shell.run("outscope doctor", **nobody).code == 0


def test_a_key_that_is_not_taken_is_not_stored(shell: Shell) -> None:
    ran = shell.run("outscope login", stdin="svc_of_nobody\n")
    assert ran.code == 2
    assert not (shell.folder / "login.json").exists()


def test_the_doctor_tells_what_is_amiss_and_the_remedy(shell: Shell) -> None:
    assert "AMISS" not in shell.run("outscope doctor").out
    ran = shell.run("outscope doctor", OUTSCOPE_API_KEY="")
    assert (ran.code, "Run outscope login --url" in ran.out) == (2, True)
    ran = shell.run("outscope doctor", OUTSCOPE_API_KEY="svc_of_nobody")
    assert (ran.code, "Ask for a new key" in ran.out) == (2, True)
    ran = shell.run("outscope --url http://127.0.0.1:1 doctor")
    assert (ran.code, "is the server up?" in ran.out) == (2, True)
    stored = {"url": "https://other.example", "api_key": shell.api_key}
    (shell.folder / "login.json").write_text(json.dumps(stored))
    (shell.folder / "login.json").chmod(0o600)
    ran = shell.run("outscope doctor", OUTSCOPE_API_KEY="")
    assert (ran.code, "is for https://other.example" in ran.out) == (2, True)
    assert f"outscope login --url {shell.url}" in ran.out
    assert "leave out OUTSCOPE_URL" in ran.out
    assert shell.api_key not in ran.out + ran.err
    (shell.folder / "login.json").write_text("{}")
    (shell.folder / "login.json").chmod(0o644)
    ran = shell.run("outscope doctor")
    assert (ran.code, "chmod 600" in ran.out) == (2, True)
