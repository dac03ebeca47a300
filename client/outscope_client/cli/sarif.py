"""Writes what a gate found as SARIF 2.1.0, for the places that show findings beside code.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from outscope_client.cli.endings import MET, NOT_MET
from outscope_client.cli.gating import Finding
from outscope_client.cli.targets import STANDARD_INPUT
from outscope_client.cli.wording import cleaned
from outscope_client.version import __version__

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_log(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the log: a result for each rule not met, a notification for each not decided."""
    rules = list(dict.fromkeys(cleaned(finding.rule.name) for finding in findings))
    undecided = [one for one in findings if one.ending not in {MET, NOT_MET}]
    run = {
        "tool": {
            "driver": {
                "name": "outscope gate",
                "version": __version__,
                "rules": [{"id": rule, "shortDescription": {"text": rule}} for rule in rules],
            }
        },
        "results": [
            _result(one, rules.index(cleaned(one.rule.name)))
            for one in findings
            if one.ending == NOT_MET
        ],
        "invocations": [
            {
                "executionSuccessful": not undecided,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": _text(one)}, "locations": [_place(one)]}
                    for one in undecided
                ],
            }
        ],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, index: int) -> dict[str, Any]:
    return {
        "ruleId": cleaned(finding.rule.name),
        "ruleIndex": index,
        "level": "error",
        "message": {"text": _text(finding)},
        "locations": [_place(finding)],
        "partialFingerprints": {
            "target/v1": cleaned(f"{finding.result.job.target.fqdn}/{finding.rule.name}")
        },
    }


def _text(finding: Finding) -> str:
    told = f"{finding.result.job.target.fqdn}: {finding.rule.name}: {finding.message}"
    # SARIF, section 3.11.6: [text](address) would be a link, and a target has no say in that.
    return cleaned(told).replace("](", "] (")


def _place(finding: Finding) -> dict[str, Any]:
    """Return where the name is written, if that is a file, and the name itself."""
    target = finding.result.job.target
    named = {"logicalLocations": [{"name": cleaned(target.fqdn), "kind": "resource"}]}
    if not target.file or target.file == STANDARD_INPUT:
        return named
    region = {"startLine": target.line}
    return {
        "physicalLocation": {"artifactLocation": {"uri": _uri_of(target.file)}, "region": region},
        **named,
    }


def _uri_of(file: str) -> str:
    """Return the path of a file as a reference to it, in which # and % stand for themselves."""
    return quote(PurePath(file).as_posix(), errors="surrogateescape")
