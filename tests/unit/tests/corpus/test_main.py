import json
from pathlib import Path

import pytest

from tests.corpus.__main__ import main
from tests.unit.tests.corpus.test_loader import CASE, EXPECT, put

CHALLENGED = {
    **CASE,
    "facts": {
        "fqdn": "shop.example.com",
        "paths": [{"status": 403, "headers": [["cf-mitigated", "challenge"]]}],
    },
    "expect": {**EXPECT, "reason": "challenge", "rule": "cloudflare.challenge"},
    "matched": "paths[0].headers.cf-mitigated",
}


def accept(folder: Path, accepted: dict[str, dict[str, str]]) -> Path:
    file = folder / "accepted.json"
    file.write_text(json.dumps(accepted), "utf-8")
    return file


def test_a_corpus_that_is_judged_right_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "challenge/guard", CHALLENGED)
    assert main(tmp_path, accept(tmp_path, {})) == 0
    told = capsys.readouterr().out
    assert "analyzability: expected (rows) by judged" in told
    assert "who is in front: 0 hosts with somebody, 1 with nobody" in told
    assert "no difference beyond the 0 cases of accepted.json\n" in told
    assert told.endswith("make real-verdicts\n")


def test_a_difference_fails_with_its_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {**EXPECT, "reason": "challenge", "rule": "cloudflare.challenge", "kind": "api"}
    put(tmp_path, "challenge/guard", {**CHALLENGED, "expect": wrong})
    assert main(tmp_path, accept(tmp_path, {})) == 1
    assert "challenge/guard: kind is none, not api (A guard blocks.)" in capsys.readouterr().out
    assert main(tmp_path, accept(tmp_path, {"challenge/guard": {"kind": "why"}})) == 0


def test_a_file_that_is_no_case_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, "challenge/guard", {})
    assert main(tmp_path, accept(tmp_path, {})) == 1
    assert "challenge/guard.json: " in capsys.readouterr().out
