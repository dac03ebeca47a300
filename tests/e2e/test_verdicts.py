"""What can be done about a verdict, seen from outside."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from outscope.representation.verdict import analysis_representation
from services.prober.judge.decide import verdict_for
from services.prober.report_verdict import analysis_message
from tests.corpus.judging import judged
from tests.corpus.loader import CorpusError, cases
from tests.e2e.conftest import Town
from tests.e2e.running import REPOSITORY, System


def reviews(system: System, *words: str) -> str:
    """Type a command of the operator's."""
    return subprocess.run(
        [sys.executable, "-m", "services.scheduler", "reviews", *words],
        cwd=REPOSITORY,
        env={**os.environ, "DATABASE_URL": str(system.first_line["postgres"])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


async def test_a_verdict_is_judged_anew_explained_disputed_and_exported(
    system: System, town: Town, tmp_path: Path
) -> None:
    name = f"{secrets.token_hex(4)}.town.test"
    check_id = await system.create(name, ports=[town.https], paths=["/", "/private"])
    check = await system.ended(check_id)
    status, rejudged = await system.call("POST", f"/v1/check/{check_id}/rejudge")
    assert status == 200, rejudged
    assert rejudged["difference"]["changed"] == []
    assert rejudged["check"] == {**check, "rejudged_at": rejudged["check"]["rejudged_at"]}
    assert (await system.check(check_id)) == rejudged["check"]
    status, page = await system.call("POST", "/v1/checks/rejudge", {"fqdn": name})
    assert (status, [item["id"] for item in page["data"]]) == (200, [check_id])
    status, explained = await system.call("GET", f"/v1/check/{check_id}/explain")
    assert status == 200, explained
    assert explained["is_current"]
    assert explained["rules"][0]["role"] == "decided"
    assert explained["analysis"] == check["analysis"]
    wish = {"reason": "wrong_auth", "comment": "No.", "expected": {"auth_detected": False}}
    status, review = await system.call("POST", f"/v1/check/{check_id}/review", wish)
    assert (status, review["state"]) == (201, "open")
    assert (await system.call("POST", f"/v1/check/{check_id}/review", wish))[0] == 409
    reviews(system, "export", str(tmp_path / "disputed"), review["id"])
    file = tmp_path / "disputed" / f"{review['id']}.json"
    written = json.loads(file.read_text("utf-8"))
    assert written["expect"]["auth_detected"] is False
    assert "expect.auth_detected" not in written["unconfirmed"]
    assert "secret-of-the-town" not in json.dumps(written)
    assert "Welcome to our shop." in "\n".join(written["facts"]["paths"][0]["body"])
    with pytest.raises(CorpusError, match="unconfirmed: about, "):
        cases(tmp_path)
    file.write_text(json.dumps({**written, "unconfirmed": []}), "utf-8")
    (case,) = cases(tmp_path)
    again = analysis_representation(analysis_message(verdict_for(case.host)))
    assert json.loads(json.dumps(again)) == check["analysis"]
    assert judged(case).differences == ("auth_detected",)
    reviews(system, "close", review["id"], "--rejected", "--answer", "It asks at /private.")
    status, closed = await system.call("GET", f"/v1/check/{check_id}/review")
    assert (status, closed["state"]) == (200, "rejected")
    assert closed["answer"] == "It asks at /private."
