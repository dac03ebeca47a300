"""Reviews as operators tend them; an exported case is one of the corpus."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from outscope.errors import InvalidRequest, NotFound
from services.prober.facts import HostFacts
from services.prober.judge.decide import verdict_for
from services.prober.kept import facts_kept, kept_facts
from services.prober.report import result_report
from services.scheduler.cli import parser
from services.scheduler.domain.review import NewReview, ReviewReason
from services.scheduler.review_desk import tend_reviews
from services.scheduler.store.database import Database
from services.scheduler.store.reviews import insert_review
from tests.corpus.loader import CorpusError, cases
from tests.integration.scheduler.driving import new_check, rows, store
from tests.unit.prober.judge.shapes import answer, host
from tests.unit.prober.reporting import JOB, OBSERVER
from tests.unit.scheduler.translate.corpus_cases import as_exported

CHALLENGE = host(
    answer(403, "<title>Just a moment… façade</title>", headers={"cf-mitigated": "challenge"})
)
REMEDY = "create another check of the name and dispute that, or close this one"
COMMENT = "Nobody is challenged.\nThere, à São Paulo — 東京\x1b[2J\u202e."


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
        comment=COMMENT,
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
    # Letters are shown, and what a terminal would obey or hide is not.
    assert r'"Nobody is challenged.\nThere, à São Paulo — 東京\u001b[2J\u202e."' in first
    assert second.startswith(two)
    as_json = await typed(database, "list", "--json")
    assert "São Paulo — 東京" in as_json
    assert as_json.isprintable()
    told = json.loads(as_json)
    assert told[0]["comment"] == COMMENT
    assert [each["id"] for each in told] == [one, two]
    assert told[0]["expected"] == {"analyzable": True, "kind": "website"}
    assert await typed(database, "list", "--state", "accepted") == "no accepted review"


async def test_an_exported_file_is_a_case_of_the_corpus(database: Database, tmp_path: Path) -> None:
    review_id = await a_review(database, 1)
    folder = tmp_path / "corpus" / "disputed"
    file = folder / f"{review_id}.json"
    assert await typed(database, "export", str(folder)) == f"wrote {file}"
    text = file.read_text("utf-8")
    assert "façade" in text  # what the target said can be read
    with pytest.raises(CorpusError, match=rf"{review_id}\.json: unconfirmed: about, expect\.auth"):
        cases(tmp_path / "corpus")
    settled = json.loads(text)
    del settled["unconfirmed"]
    file.write_text(json.dumps(settled), "utf-8")
    (case,) = cases(tmp_path / "corpus")
    assert case.name == f"disputed/{review_id}"
    assert (case.expected.analyzable, case.expected.kind) == (True, "website")
    facts = facts_kept(
        CHALLENGE.spec,
        result_report(JOB, CHALLENGE, verdict_for(CHALLENGE), OBSERVER).result,
        kept_facts(CHALLENGE),
    )
    assert verdict_for(case.host) == verdict_for(as_exported(facts))


async def test_only_those_reviews_are_exported_that_are_named(
    database: Database, tmp_path: Path
) -> None:
    await a_review(database, 1)
    wanted = await a_review(database, 2)
    printed = await typed(database, "export", str(tmp_path), wanted, wanted)
    assert printed == f"wrote {tmp_path / f'{wanted}.json'}"
    assert os.listdir(tmp_path) == [f"{wanted}.json"]  # noqa: PTH208 - pathlib would block
    with pytest.raises(NotFound, match="reviews list shows those that are open"):
        await typed(database, "export", str(tmp_path / "more"), wanted, "rev_none")
    assert not (tmp_path / "more").exists()


async def test_a_folder_that_is_none_is_told(database: Database, tmp_path: Path) -> None:
    await a_review(database, 1)
    taken = tmp_path / "taken"
    taken.write_text("")
    with pytest.raises(InvalidRequest, match="name one that can be written to") as refused:
        await typed(database, "export", str(taken))
    assert refused.value.field == "folder"


async def test_what_has_no_facts_is_left_out_and_named(database: Database, tmp_path: Path) -> None:
    gone = await a_review(database, 1, kept=None)
    broken = await a_review(database, 2, kept=b"no zlib")
    whole = await a_review(database, 3)
    told = json.loads(await typed(database, "export", str(tmp_path), "--json"))
    assert told == {
        "written": [str(tmp_path / f"{whole}.json")],
        "left_out": [
            f"{gone}: its facts are not kept; {REMEDY}",
            f"{broken}: what is kept cannot be read; {REMEDY}",
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
    with pytest.raises(NotFound, match="--state accepted or rejected those that are closed"):
        await typed(database, "close", review_id, "--rejected")


@pytest.mark.parametrize("review_id", ["", "rev_x", "chk_x", "rev_" + "0" * 26])
async def test_what_is_not_there_is_not_closed(database: Database, review_id: str) -> None:
    with pytest.raises(NotFound):
        await typed(database, "close", review_id, "--rejected")


async def test_an_answer_that_cannot_be_stored_is_refused(database: Database) -> None:
    with pytest.raises(InvalidRequest, match="leave it out"):
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


async def test_a_terminal_without_the_letters_shows_escapes(
    database: Database, database_url: str
) -> None:
    await a_review(database, 1)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.scheduler", "reviews", "list"),
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database_url,
            "PYTHONIOENCODING": "ascii:strict",
        },
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    assert rb"S\xe3o Paulo" in printed
