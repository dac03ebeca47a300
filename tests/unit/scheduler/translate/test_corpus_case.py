from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outscope.kept import UnreadableKeptError, packed
from outscope.v1 import check_pb2, messages_pb2, verdict_pb2
from services.prober.facts import HostFacts
from services.scheduler.domain.check import CheckSpec
from services.scheduler.domain.review import Expected, ReviewCase, ReviewReason
from services.scheduler.translate.corpus_case import claims_in, corpus_case_text
from tests.corpus.__main__ import main
from tests.corpus.judging import judged
from tests.corpus.loader import CorpusError, cases
from tests.unit.prober.judge.shapes import answer, host
from tests.unit.scheduler.translate.corpus_cases import REVIEW, confirmed, exported
from tests.unit.tests.corpus.test_loader import put
from tests.unit.tests.corpus.test_main import accept

CHALLENGE = host(
    answer(403, "<title>Just a moment… façade</title>", headers={"cf-mitigated": "challenge"})
)
SHOP = host(answer(200, "<title>Shop</title><h1>Welcome</h1>" + "<p>Shoes and more shoes.</p>" * 9))
ALWAYS = {"about", "expect.reason", "expect.rule", "matched"}


def disputed(facts: HostFacts, reason: ReviewReason, **expected: bool | str) -> dict[str, Any]:
    return exported(facts, replace(REVIEW, reason=reason, expected=expected))


def test_what_is_not_claimed_is_the_judges_and_unconfirmed() -> None:
    written = disputed(CHALLENGE, ReviewReason.OTHER)
    assert written["expect"] == {
        "analyzability": "not_analyzable",
        "analyzable": False,
        "kind": "none",
        "auth_detected": False,
        "api_doc_detected": False,
        "reason": "challenge",
        "rule": "cloudflare.challenge",
    }
    assert written["matched"] == "paths[0].headers.cf-mitigated"
    assert set(written["unconfirmed"]) == ALWAYS | {
        *("expect.analyzability", "expect.analyzable", "expect.kind"),
        *("expect.auth_detected", "expect.api_doc_detected", "expect.vendors"),
    }


def test_what_is_claimed_outright_is_expected() -> None:
    written = disputed(
        CHALLENGE,
        ReviewReason.WRONG_ANALYZABLE,
        analyzable=True,
        kind="website",
        auth_detected=True,
        api_doc_detected=True,
        reachable=True,
    )
    assert written["expect"]["analyzability"] == "analyzable"
    assert written["expect"]["kind"] == "website"
    assert written["expect"]["auth_detected"] is written["expect"]["api_doc_detected"] is True
    assert set(written["unconfirmed"]) == ALWAYS | {"expect.vendors"}
    assert written["review"]["expected"]["reachable"] is True


@pytest.mark.parametrize(
    ("reason", "claimed"),
    [
        (ReviewReason.WRONG_ANALYZABLE, {"analyzable": True}),
        (ReviewReason.WRONG_AUTH, {"auth_detected": True}),
        (ReviewReason.WRONG_API_DOC, {"api_doc_detected": True}),
        (ReviewReason.WRONG_KIND, {}),
        (ReviewReason.OTHER, {}),
    ],
)
def test_a_reason_alone_claims_the_other_of_two(reason: ReviewReason, claimed: Expected) -> None:
    judged_so = verdict_pb2.Analysis(kind="none")
    assert claims_in(replace(REVIEW, reason=reason), judged_so) == claimed
    expect = disputed(CHALLENGE, reason)["expect"]
    assert {name: expect[name] for name in claimed} == claimed


def test_a_no_leaves_open_which_of_the_two_that_are_none() -> None:
    written = disputed(SHOP, ReviewReason.WRONG_ANALYZABLE)
    assert (written["expect"]["analyzability"], written["expect"]["analyzable"]) == (
        "not_analyzable",
        False,
    )
    assert "expect.analyzability" in written["unconfirmed"]
    assert "expect.analyzable" not in written["unconfirmed"]


def test_who_disputes_and_who_was_seen_in_front_are_told() -> None:
    assert disputed(CHALLENGE, ReviewReason.OTHER)["review"] == {
        "id": "rev_1",
        "reason": "other",
        "comment": "Nobody is challenged.\nThere.",
        "in_front": ["Cloudflare"],
    }


def test_an_unconfirmed_case_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "disputed/rev_1", disputed(CHALLENGE, ReviewReason.WRONG_KIND))
    assert main(tmp_path, accept(tmp_path, {})) == 1
    told = capsys.readouterr().out
    assert told.startswith("disputed/rev_1.json: unconfirmed: about, expect.analyzability, ")
    assert "correct what is wrong in the file and take out unconfirmed" in told


def test_a_confirmed_case_is_judged_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, facts in (("one", CHALLENGE), ("two", SHOP)):
        put(tmp_path, f"disputed/{name}", confirmed(disputed(facts, ReviewReason.OTHER)))
    assert [judged(case).differences for case in cases(tmp_path)] == [(), ()]
    assert main(tmp_path, accept(tmp_path, {})) == 0
    put(tmp_path, "disputed/two", confirmed(disputed(SHOP, ReviewReason.WRONG_ANALYZABLE)))
    assert main(tmp_path, accept(tmp_path, {})) == 1
    assert (
        "disputed/two: analyzability is analyzable, not not_analyzable" in capsys.readouterr().out
    )


def test_a_list_of_which_nothing_is_left_confirms_too(tmp_path: Path) -> None:
    put(tmp_path, "disputed/one", {**disputed(SHOP, ReviewReason.OTHER), "unconfirmed": []})
    assert [case.name for case in cases(tmp_path)] == ["disputed/one"]


def test_what_cannot_be_left_unconfirmed_is_told(tmp_path: Path) -> None:
    put(tmp_path, "disputed/one", {**disputed(SHOP, ReviewReason.OTHER), "unconfirmed": ["facts"]})
    with pytest.raises(CorpusError, match=r"unconfirmed\[0\]: 'facts' is not one of"):
        cases(tmp_path)


def text_of(result: check_pb2.CheckResult, kept: bytes) -> str:
    spec = CheckSpec(
        fqdn="a.example",
        ports=(443,),
        paths=("/",),
        vantage_point="eu-west-1",
        include_content_sample=False,
        content_retention_days=7,
    )
    case = ReviewCase(review=REVIEW, spec=spec, result=result.SerializeToString(), kept=kept)
    return corpus_case_text(case, kept)


def test_the_file_can_be_read_by_people() -> None:
    kept = packed(
        messages_pb2.KeptFacts(
            answers=[messages_pb2.KeptAnswer(where="control", text="<p>ü</p>")],
        )
    )
    result = check_pb2.CheckResult(analysis=verdict_pb2.Analysis(kind="api"))
    result.control.path = "/"
    text = text_of(result, kept)
    assert '"body": "<p>ü</p>"' in text
    assert text.index('"expect"') < text.index('"facts"')
    # A verdict of old rules, with two states and no reason.
    assert '"analyzability": "unknown"' in text
    assert '"rule": "nothing"' in text


def test_facts_that_cannot_be_read_make_no_case() -> None:
    result = check_pb2.CheckResult()
    with pytest.raises(UnreadableKeptError, match="cannot be read"):
        text_of(result, b"no zlib")
    result.control.path = "/"
    with pytest.raises(UnreadableKeptError, match="has nothing of control"):
        text_of(result, packed(messages_pb2.KeptFacts()))
