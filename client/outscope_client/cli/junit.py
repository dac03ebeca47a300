"""Writes what a gate found as JUnit XML: a suite for each target, a case for each rule."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from outscope_client.cli.endings import MET, NOT_MET
from outscope_client.cli.gating import Finding
from outscope_client.cli.wording import cleaned


def junit_xml(findings: Sequence[Finding]) -> str:
    """Return the document; not met is a failure, what could not be decided an error."""
    suites = ET.Element("testsuites", {"name": "outscope gate", **_counts(findings)})
    for result in dict.fromkeys(finding.result.job for finding in findings):
        own = [finding for finding in findings if finding.result.job == result]
        place = f" from {result.place}" if result.place else ""
        name = cleaned(result.target.fqdn + place)
        suite = ET.SubElement(suites, "testsuite", {"name": name, **_counts(own)})
        for finding in own:
            rule = cleaned(finding.rule.name)
            case = ET.SubElement(suite, "testcase", classname=name, name=rule)
            if finding.ending != MET:
                kind = "failure" if finding.ending == NOT_MET else "error"
                told = ET.SubElement(case, kind, message=cleaned(finding.message), type=kind)
                told.text = cleaned(f"{name}: {rule}: {finding.message}")
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode")


def _counts(findings: Sequence[Finding]) -> dict[str, str]:
    failures = sum(finding.ending == NOT_MET for finding in findings)
    met = sum(finding.ending == MET for finding in findings)
    errors = len(findings) - failures - met
    return {"tests": str(len(findings)), "failures": str(failures), "errors": str(errors)}
