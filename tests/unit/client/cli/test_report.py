"""A check for people."""

import copy
from typing import Any

from outscope_client.cli.report import (
    BAD,
    GOOD,
    UNSURE,
    Report,
    report_lines,
    report_markdown,
    report_of,
    verdict_of,
)
from outscope_client.models import Check

from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import FURTHER_CHECKS
from services.gateway.several_example import SEVERAL_CHECK


def completed(**analysis: Any) -> dict[str, Any]:  # noqa: ANN401 - members of an analysis
    check: dict[str, Any] = copy.deepcopy(dict(COMPLETED_CHECK))
    check["analysis"] = {**check["analysis"], **analysis}
    return check


def part(report: Report, name: str) -> list[str]:
    return dict(report.parts).get(name, [])


def test_the_verdict_comes_first_then_why_then_what_to_do() -> None:
    check = completed(analyzable=True, analyzability="analyzable", speaks_http=True)
    report = report_of(Check(check))
    lines = [line for _, line in report_lines(report)]
    assert lines[0].startswith(check["fqdn"])
    assert lines[2].strip().startswith("Analyzable (kind: ")
    assert report.tone == GOOD
    assert report.parts[0][0] == "why"
    assert part(report, "why") == [one["message"] for one in check["analysis"]["reasons"]]
    assert any("day" in line for line in part(report, "tls"))


def test_of_several_places_each_has_a_line_and_what_differs_is_told_with_evidence() -> None:
    report = report_of(Check(copy.deepcopy(dict(SEVERAL_CHECK))))
    assert report.title.endswith("seen from us-east-1, eu-west-1")
    here, there = part(report, "places")
    assert here.startswith("us-east-1  ")
    assert there.startswith("eu-west-1  Reachable over HTTP, but not analyzable")
    assert part(report, "agreement") == [
        "geo_blocked (2 of 2 places counted)",
        "geo_blocked in eu-west-1 and not in us-east-1:",
        "  paths[0].status_code is 451, there 200",
    ]


def test_where_nobody_is_counted_or_one_was_hindered_that_is_told() -> None:
    check = copy.deepcopy(dict(SEVERAL_CHECK))
    check["agreement"] = None
    assert part(report_of(Check(check)), "agreement") == ["none of them can be counted"]
    evidence = {
        "code": "prober_suspect",
        "field": "paths[0].outcome",
        "value": "http_not_asked\x1b[2J",
        "elsewhere": None,
    }
    hindered = {
        "vantage_point": "eu-west-1",
        "compared_with": None,
        "code": "prober_suspect",
        "evidence": [evidence],
    }
    check["agreement"] = {
        "code": "prober_suspect",
        "counted": ["us-east-1"],
        "dissents": [hindered],
    }
    told = part(report_of(Check(check)), "agreement")
    assert told[:2] == [
        "prober_suspect (1 of 2 places counted)",
        "prober_suspect in eu-west-1:",
    ]
    assert told[2].startswith("  paths[0].outcome is http_not_asked")
    assert "\x1b" not in told[2]
    assert part(report_of(Check(completed())), "places") == []


def test_who_blocks_is_told_with_what_to_do() -> None:
    layer = {"vendor": "Cloudflare", "role": "waf", "action": "challenge", "evidence": []}
    check = completed(
        analyzable=False, analyzability="not_analyzable", layers=[layer], speaks_http=True
    )
    report = report_of(Check(check))
    assert report.tone == BAD
    assert part(report, "to do")[0].startswith("Cloudflare challenged us: let the scanner's")


def test_certificates_that_end_soon_or_are_not_trusted_are_to_be_mended() -> None:
    check = completed()
    secured = next(port for port in check["ports"] if port["tls"])
    secured["tls"] = {**secured["tls"], "valid": True, "days_left": 1}
    assert f"Port {secured['port']}: renew the certificate, 1 day left." in part(
        report_of(Check(check)), "to do"
    )
    secured["tls"] = {**secured["tls"], "valid": False, "flags": ["expired", "self_signed"]}
    assert f"Port {secured['port']}: mend the certificate (expired, self_signed)." in part(
        report_of(Check(check)), "to do"
    )


def test_a_check_that_failed_says_nothing_about_its_target() -> None:
    failure = {"reason": "vantage_unavailable", "owner": "ours", "message": "Nobody is there."}
    check = Check({"fqdn": "a.example", "status": "failed", "failure": failure, "analysis": None})
    report = report_of(check)
    assert "could not be carried out" in report.verdict
    assert part(report, "why")[0] == "Nobody is there."
    assert verdict_of(check) == "vantage_unavailable"


def test_every_check_of_the_document_has_a_report() -> None:
    tones = set()
    examples: dict[str, Any] = dict(FURTHER_CHECKS)
    for example in examples.values():
        report = report_of(Check(example))
        assert report.verdict
        tones.add(report.tone)
        assert report_markdown(report).startswith("# ")
    assert {BAD, UNSURE} & tones


def test_a_path_without_an_answer_says_so_with_the_code() -> None:
    check = completed()
    check["paths"][0].update(path="/", status_code=None, content_type=None, title=None)
    check["paths"][0].update(location=None, outcome={"code": "http_no_endpoint"})
    assert part(report_of(Check(check)), "paths")[0] == "no answer (http_no_endpoint) /"


def test_headings_are_written_as_their_names_are() -> None:
    markdown = report_markdown(report_of(Check(completed())))
    assert "\n## DNS\n" in markdown
    assert "\n## TLS\n" in markdown
    assert "\n## Ports\n" in markdown


def test_what_the_target_says_moves_no_cursor_and_makes_no_link() -> None:
    check = completed()
    check["paths"][0]["title"] = "\x1b[2J[click](http://evil) <script>`|"
    report = report_of(Check(check))
    shown = "\n".join(line for _, line in report_lines(report))
    assert "\x1b" not in shown
    markdown = report_markdown(report)
    assert "<script>" not in markdown
    assert "[click](" not in markdown
    assert "\\[click\\](http:\u2060//evil)" in markdown


def test_no_part_of_a_report_moves_a_cursor() -> None:
    layer = {"vendor": "V\x1b", "role": "waf\x1b[2J", "action": "block\u009b", "evidence": []}
    check = completed(layers=[layer])
    check["paths"][0]["outcome"] = {"code": "x\x1b[1m"}
    check["paths"][0]["status_code"] = None
    report = report_of(Check(check))
    assert all(line.isprintable() for _, line in report_lines(report))
    shown = report_markdown(report).replace("\n", "")
    assert shown.replace("\u2060", "").isprintable()
