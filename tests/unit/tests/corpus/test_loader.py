import json
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.loader import CorpusError, cases

EXPECT: dict[str, Any] = {
    "analyzability": "not_analyzable",
    "analyzable": False,
    "kind": "none",
    "auth_detected": False,
    "api_doc_detected": False,
    "reason": "block",
    "rule": "vendor.block",
}
ANSWER: dict[str, Any] = {"status": 403, "headers": [["Server", "guard"]], "body": "no"}
CASE: dict[str, Any] = {
    "about": "A guard blocks.",
    "source": "RFC 9110",
    "facts": {"fqdn": "shop.example.com", "paths": [ANSWER]},
    "expect": EXPECT,
    "matched": "paths[0].headers.server",
}


def put(root: Path, name: str, written: object) -> None:
    file = root / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    text = written if isinstance(written, str) else json.dumps(written)
    file.write_text(text, "utf-8")


def test_a_case_is_read_with_its_name_and_group(tmp_path: Path) -> None:
    also = [{"rule": "vendor.present", "matched": ["paths[0].status_code", "paths[0].path"]}]
    put(tmp_path, "block/guard", {**CASE, "expect": {**EXPECT, "vendors": ["F5"], "also": also}})
    (case,) = cases(tmp_path)
    assert (case.name, case.group, case.about) == ("block/guard", "block", "A guard blocks.")
    assert (case.decides.rule, case.decides.fields) == (
        "vendor.block",
        ("paths[0].headers.server",),
    )
    assert case.also[0].fields == ("paths[0].status_code", "paths[0].path")
    assert case.expected.vendors == ("F5",)
    assert case.host.paths[0].server == "guard"


def changed(**members: object) -> dict[str, Any]:
    return {**CASE, **members}


def facts(**members: object) -> dict[str, Any]:
    return changed(facts={**CASE["facts"], **members})


def expect(**members: object) -> dict[str, Any]:
    return changed(expect={**EXPECT, **members})


FAULTS: dict[str, tuple[object, str]] = {
    "no JSON": ("{", "not JSON"),
    "a member twice": ('{"about": "A.", "about": "B."}', "written twice: about"),
    "nothing": ({}, "'about' is a required property"),
    "a member nobody knows": (changed(name="x"), "'name' was unexpected"),
    "no sentence": (changed(about="no full stop"), "about: 'no full stop' does not match"),
    "a kind nobody knows": (expect(kind="web"), "expect.kind: 'web' is not one of"),
    "a vendor nobody knows": (expect(vendors=["x"]), "expect.vendors[0]: 'x' is not one of"),
    "a code nobody knows": (facts(dns={"outcome": "bad"}), "facts.dns.outcome: 'bad' is not one"),
    "a contradiction": (expect(analyzable=True), "true exactly when analyzability is analyzable"),
    "no path": (facts(paths=[]), "facts.paths: []"),
    "an answer without a status": (facts(paths=[{"path": "/"}]), "facts.paths[0]"),
    "a body twice": (facts(paths=[{**ANSWER, "body_base64": "bm8="}]), "facts.paths[0]"),
    "a header that is none": (facts(paths=[{**ANSWER, "headers": [["a"]]}]), "headers[0]"),
    "a field that is not there": (changed(matched="paths[0].title"), "no paths[0].title"),
    "a path that is not there": (changed(matched="paths[1].body"), "no paths[1].body"),
    "a field of nothing": (changed(matched="ports[0].tcp_outcome"), "no ports[0].tcp_outcome"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_that_is_no_case_is_told_with_its_name_and_the_fault(
    tmp_path: Path, name: str
) -> None:
    written, told = FAULTS[name]
    put(tmp_path, "block/guard", written)
    with pytest.raises(CorpusError) as caught:
        cases(tmp_path)
    assert str(caught.value).startswith("block/guard.json: ")
    assert told in str(caught.value)


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    put(tmp_path, "block/one", expect(kind="web", analyzable="x"))
    put(tmp_path, "block/Two", CASE)
    with pytest.raises(CorpusError) as caught:
        cases(tmp_path)
    files = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert files == ["block/Two.json", "block/one.json", "block/one.json"]
