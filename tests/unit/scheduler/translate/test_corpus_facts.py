"""Exported facts are those of the corpus, and are judged as what was kept of them is."""

from dataclasses import fields, replace
from typing import Final

import pytest
from jsonschema import Draft202012Validator

from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from services.prober.facts import HostFacts, Outcome, OutcomeCode, PathFacts, Redirect, TlsVersion
from services.prober.judge.decide import verdict_for
from services.scheduler.translate.corpus_facts import UnkeptAnswerError, written_facts
from tests.corpus.facts import host_facts
from tests.corpus.loader import cases
from tests.corpus.schema import SCHEMA
from tests.unit.prober.judge.shapes import answer, host, port, tls
from tests.unit.prober.reporting import PATH
from tests.unit.prober.test_kept import EVERYTHING, SHAPES
from tests.unit.scheduler.translate.corpus_cases import as_exported, exported, judged_again

VALIDATOR: Final = Draft202012Validator(SCHEMA)
LONG: Final = answer(302, "", headers={"location": f"/{'x' * 3000}", "server": "s" * 600})
CUT_BODY: Final = replace(
    answer(404, "<title>Gone</title>", path="/docs"),
    body=b"",
    title="Gone",
    body_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
UNTRUSTED: Final = replace(tls(), valid=False, flags=(), verify_message="path length exceeded")
UNASKED: Final = TlsVersion(
    version="TLSv1.1", accepted=False, outcome=Outcome(code=OutcomeCode.HTTP_NOT_ASKED)
)
REFUSED: Final = Redirect(
    answer=PathFacts(
        path="/",
        outcome=Outcome(code=OutcomeCode.POLICY_REFUSED),
        url="http://inner.example/",
    ),
    cross_host=True,
    denial="loopback",
)
FURTHER: Final = {
    "headers that were cut": host(LONG),
    "a body of which less is kept than was read": host(
        answer(200, "<p>Welcome"), control=CUT_BODY, discovered=(CUT_BODY,)
    ),
    "bytes that are no text": host(
        replace(answer(200, ""), body=b"\xff\xfe\x00<title>\xe4</title>")
    ),
    "a certificate nobody trusts, without a flag": host(
        answer(200, "<p>Welcome"), ports=(port(443, tls=UNTRUSTED),)
    ),
    "a version there was no time for": host(
        answer(200, "<p>Welcome"), ports=(port(443, tls=replace(tls(), versions=(UNASKED,))),)
    ),
    "a redirect that is refused": host(
        replace(
            answer(302, "", headers={"location": "http://inner.example/"}), redirects=(REFUSED,)
        ),
        max_redirects=3,
    ),
    "a port of which nothing more is known": host(
        answer(200, "<p>Welcome"),
        ports=(replace(port(443, tls=tls()), tls_outcome=None, http_outcome=None),),
    ),
}


def of_the_corpus() -> dict[str, HostFacts]:
    return {case.name: case.host for case in cases()}


ALL: Final = {**SHAPES, **FURTHER, **of_the_corpus(), "every fact there is": EVERYTHING}


@pytest.mark.parametrize("name", ALL)
def test_an_exported_case_has_the_verdict_of_what_was_kept(name: str) -> None:
    facts = ALL[name]
    written = exported(facts)["facts"]
    assert verdict_for(host_facts(written)) == verdict_for(as_exported(judged_again(facts)))


@pytest.mark.parametrize("name", [*SHAPES, *FURTHER])
def test_an_exported_case_is_as_the_corpus_wants_it(name: str) -> None:
    errors = VALIDATOR.iter_errors(exported(ALL[name]))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_all_of_an_answer_is_written_but_for_what_no_verdict_is_of() -> None:
    facts = judged_again(EVERYTHING)
    (was,), (now,) = facts.paths, host_facts(exported(EVERYTHING)["facts"]).paths
    lost = {
        field.name for field in fields(was) if getattr(was, field.name) != getattr(now, field.name)
    }
    # The answers in it have the same.
    assert lost == {"outcome", "timing", "redirects", "other_addresses"}
    assert now.outcome.code is was.outcome.code


def test_what_a_reader_takes_for_granted_is_left_out() -> None:
    usual = port(443, tls=tls(), tls_outcome=OutcomeCode.OK)
    written = exported(host(answer(200, "one line"), ports=(usual,)))["facts"]
    assert written["ports"] == [{"port": 443, "tls": {"version": "TLSv1.3"}}]
    (path,) = written["paths"]
    assert path.keys() == {"path", "url", "status", "headers", "body", "address"}
    assert path["body"] == "one line"
    assert exported(host(answer(200, "a\nb\n")))["facts"]["paths"][0]["body"] == ["a", "b", ""]


def test_an_answer_of_which_nothing_is_kept_is_named() -> None:
    path = facts_pb2.PathFacts(path="/")
    result = check_pb2.CheckResult(paths=[path], control=path)
    kept = messages_pb2.KeptFacts(answers=[messages_pb2.KeptAnswer(where="paths[0]")])
    with pytest.raises(UnkeptAnswerError, match="control"):
        written_facts(check_pb2.CheckSpec(fqdn="a.example"), result, kept)


def test_the_answers_of_other_addresses_and_of_hops_are_whole() -> None:
    hop = Redirect(
        answer=replace(PATH, path="/y", url="https://site.test/y"), cross_host=False, tls=tls()
    )
    other = replace(PATH, address="192.0.2.9")
    facts = host(replace(PATH, redirects=(hop,), other_addresses=(other,)))
    (path,) = exported(facts)["facts"]["paths"]
    assert path["redirects"][0]["tls"] == {"version": "TLSv1.3"}
    assert path["other_addresses"][0]["address"] == "192.0.2.9"
    assert path["other_addresses"][0]["body"] == "<title>T</title>"
