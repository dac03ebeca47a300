"""The worked examples of docs/verdict.md are what the judge says of these answers."""

import json as text_of_json
import re
from pathlib import Path
from typing import Any

import pytest

from outscope.representation.verdict import analysis_representation
from outscope.v1 import messages_pb2
from services.prober.facts import HostFacts
from services.prober.judge.decide import verdict_for
from services.prober.report import result_report
from tests.unit.prober.judge.shapes import answer, host, json
from tests.unit.prober.reporting import OBSERVER

PAGE = (Path(__file__).parents[4] / "docs/verdict.md").read_text("utf-8")
CLOUDFLARE = {"server": "cloudflare", "cf-ray": "8f1c2"}
SHELL = '<title>App</title><div id="root"></div><script src="/a.js"></script>'
OPENAPI = '{"openapi":"3.1.0","info":{"title":"Shop"},"paths":{"/shoes":{"get":{}}}}'

EXAMPLES = {
    "A challenge": host(
        answer(403, "Just a moment...", headers={**CLOUDFLARE, "cf-mitigated": "challenge"})
    ),
    "A 403 of the application behind a content network": host(
        answer(403, "<h1>Forbidden</h1>", headers={**CLOUDFLARE, "x-powered-by": "Express"})
    ),
    "A single-page application with an API description": host(
        answer(200, SHELL), json(200, OPENAPI, path="/openapi.json")
    ),
}


def shown(facts: HostFacts) -> dict[str, Any]:
    job = messages_pb2.ProbeJob(probe_id="prb_1", check_id="chk_1", attempt=1)
    report = result_report(job, facts, verdict_for(facts), OBSERVER)
    return dict(analysis_representation(report.result.analysis))


def documented(title: str) -> dict[str, Any]:
    section = PAGE.partition(f"### {title}\n")[2]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block is not None, title
    found: dict[str, Any] = text_of_json.loads(block.group(1))
    return found


@pytest.mark.parametrize("title", EXAMPLES)
def test_a_worked_example_is_what_the_judge_says(title: str) -> None:
    said, told = shown(EXAMPLES[title]), documented(title)
    assert {"analyzability", "confidence", "kind", "reasons"} <= set(told)
    assert {name: said[name] for name in told} == told


def test_every_worked_example_is_one_of_these() -> None:
    examples = PAGE.partition("## Three worked examples")[2]
    assert re.findall(r"^### (.*)$", examples, re.MULTILINE) == list(EXAMPLES)
