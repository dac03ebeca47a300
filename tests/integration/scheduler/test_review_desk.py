"""Reviews as operators tend them; an exported case gives the disputed verdict again."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from google.protobuf.json_format import Parse

from outscope.errors import InvalidRequest, NotFound
from outscope.kept import packed
from outscope.v1 import review_pb2
from services.prober.facts import CheckSpec, HostFacts
from services.prober.judge.decide import verdict_for
from services.prober.kept import facts_kept, kept_facts
from services.prober.report import result_report
from services.prober.report_verdict import analysis_message
from services.scheduler.cli import parser
from services.scheduler.domain.review import NewReview, ReviewReason
from services.scheduler.review_desk import tend_reviews
from services.scheduler.store.database import Database
from services.scheduler.store.reviews import insert_review
from tests.integration.scheduler.driving import new_check, rows, store
from tests.unit.prober.judge.shapes import answer, host
from tests.unit.prober.reporting import JOB, OBSERVER

CHALLENGE = host(
    answer(403, "<title>Just a moment… façade</title>", headers={"cf-mitigated": "challenge"})
)


async def a_review(
    database: Database, number: int, *, facts: HostFacts = CHALLENGE, kept: bytes | None = b""
) -> str:
    """Store a completed check of these facts and an open review of it; return the review's id."""
    check = new_check()
    await store(database, check)
    review_id = f"rev_{number:026}"
    new = NewReview(
        id=review_id,
        check_id=check.id,
        account_id="acc_a",
        reason=ReviewReason.WRONG_ANALYZABLE,
        comment="Nobody is challenged.\nThere.",
        expected={"analyzable": True, "kind": "website"},
        result=result_report(JOB, facts, verdict_for(facts), OBSERVER).result.SerializeToString(),
        kept=kept_facts(facts) if kept == b"" else kept,
    )
    async with database.session() as connection:
        assert await insert_review(connection, new) is not None
    return review_id


async def typed(database: Database, *words: str) -> str:
    return await tend_reviews(database, parser().parse_args(["reviews", *words]))


async def test_open_reviews_are_listed_with_what_is_disputed(database: Database) -> None:
    assert await typed(database, "list") == "no open review"
    one, two = await a_review(database, 1), await a_review(database, 2)
    first, second = (await typed(database, "list")).splitlines()
    assert first.startswith(one)
    assert "wrong_analyzable  analyzable=True, kind=website" in first
    assert r"Nobody is challenged.\nThere." in first
    assert second.startswith(two)
    told = json.loads(await typed(database, "list", "--json"))
    assert [each["id"] for each in told] == [one, two]
    assert told[0]["expected"] == {"analyzable": True, "kind": "website"}
    assert await typed(database, "list", "--state", "accepted") == "no accepted review"


async def test_an_exported_case_can_be_read_and_gives_the_disputed_verdict(
    database: Database, tmp_path: Path
) -> None:
    review_id = await a_review(database, 1)
    folder = tmp_path / "new" / "cases"
    file = folder / f"{review_id}.json"
    assert await typed(database, "export", str(folder)) == f"wrote {file}"
    text = file.read_text("utf-8")
    assert "façade" in text  # what the target said can be read
    case = Parse(text, review_pb2.CorpusCase())
    assert case.name == review_id
    assert case.expected == review_pb2.ExpectedAnalysis(analyzable=True, kind="website")
    assert case.reason == review_pb2.REVIEW_REASON_WRONG_ANALYZABLE
    assert case.comment == "Nobody is challenged.\nThere."
    assert not case.result.HasField("analysis")
    assert not case.result.HasField("observer")
    assert not case.judged.analyzable
    spec = CheckSpec(fqdn=CHALLENGE.spec.fqdn)
    facts = facts_kept(spec, case.result, packed(case.kept))
    assert analysis_message(verdict_for(facts)) == case.judged


async def test_what_has_no_facts_is_left_out_and_named(database: Database, tmp_path: Path) -> None:
    gone = await a_review(database, 1, kept=None)
    broken = await a_review(database, 2, kept=b"no zlib")
    whole = await a_review(database, 3)
    told = json.loads(await typed(database, "export", str(tmp_path), "--json"))
    assert told == {
        "written": [str(tmp_path / f"{whole}.json")],
        "left_out": [
            f"{gone}: its facts are not kept",
            f"{broken}: what is kept cannot be read",
        ],
    }


async def test_a_closed_review_is_neither_listed_nor_exported(
    database: Database, tmp_path: Path
) -> None:
    review_id = await a_review(database, 1)
    closing = ("close", review_id, "--accepted", "--answer", "Repaired in rules 3.")
    assert await typed(database, *closing) == f"accepted {review_id}"
    assert await typed(database, "list") == "no open review"
    assert await typed(database, "export", str(tmp_path)) == "no open review"
    assert await rows(database, "SELECT state, answer, kept FROM reviews") == [
        ("accepted", "Repaired in rules 3.", None)
    ]
    with pytest.raises(NotFound):
        await typed(database, "close", review_id, "--rejected")


@pytest.mark.parametrize("review_id", ["", "rev_x", "chk_x", "rev_" + "0" * 26])
async def test_what_is_not_there_is_not_closed(database: Database, review_id: str) -> None:
    with pytest.raises(NotFound):
        await typed(database, "close", review_id, "--rejected")


async def test_an_answer_that_cannot_be_stored_is_refused(database: Database) -> None:
    with pytest.raises(InvalidRequest):
        await typed(database, "close", "rev_1", "--rejected", "--answer", "a\0b")


async def test_an_operator_types_it_as_a_command(database: Database, database_url: str) -> None:
    review_id = await a_review(database, 1)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.scheduler", "reviews", "close", review_id, "--rejected", "--json"),
        env={"PATH": os.environ["PATH"], "DATABASE_URL": database_url},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    assert json.loads(printed)["state"] == "rejected"
