"""What a gate found, as JUnit XML."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from outscope_client.cli.checking import Job, Result
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


SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "schemas" / "jenkins-junit.xsd")


@pytest.mark.parametrize("check", [BAD, GOOD, OURS])
def test_a_document_is_as_the_schema_of_junit_has_it(check: dict[str, object]) -> None:
    found = result(check)
    job = Job(found.job.target, places=("eu-west-1",))
    document = junit_xml(findings_of([found, Result(job, check=found.check)], RULES))
    assert [str(error) for error in SCHEMA.iter_errors(document)] == []


def test_the_schema_finds_what_is_wrong() -> None:
    document = junit_xml(findings_of([result(BAD)], RULES))
    assert list(SCHEMA.iter_errors(document.replace("<testcase classname", "<testcase klass")))
    assert list(
        SCHEMA.iter_errors(document.replace("testsuite ", "suite ").replace("testsuite>", "suite>"))
    )
