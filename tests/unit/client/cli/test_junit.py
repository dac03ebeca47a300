"""What a gate found, as JUnit XML."""

from xml.etree import ElementTree as ET

from outscope_client.cli.gating import findings_of
from outscope_client.cli.junit import junit_xml

from tests.unit.client.cli.test_gating import BAD, GOOD, OURS, RULES, result


def test_not_met_is_a_failure_and_undecided_an_error() -> None:
    root = ET.fromstring(junit_xml(findings_of([result(BAD)], RULES)))
    assert root.attrib["failures"] == "2"
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.attrib["message"] == "analyzable is false"
    root = ET.fromstring(junit_xml(findings_of([result(OURS)], RULES)))
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("2", "0", "2")
    root = ET.fromstring(junit_xml(findings_of([result(GOOD)], RULES)))
    assert [one.attrib["name"] for one in root.iter("testcase")] == [one.name for one in RULES]
    assert root.find("testsuite/testcase/*") is None


def test_what_a_target_says_breaks_no_document() -> None:
    hostile = {
        "status": "failed",
        "failure": {"owner": "ours", "reason": "x", "message": "]]><a b='\x00\x1b[2J\ufffe\">"},
    }
    root = ET.fromstring(junit_xml(findings_of([result(hostile)], RULES)))
    assert len(list(root.iter("error"))) == 2
