"""What operators type about reviews: list them, export those that are open, close one."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from outscope.errors import InvalidRequest, NotFound
from outscope.ids import REVIEW_PREFIX, is_id
from outscope.kept import UnreadableKeptError
from services.scheduler.domain.review import Review, ReviewState
from services.scheduler.store.database import Database
from services.scheduler.store.reviews import close_review, find_case, list_reviews
from services.scheduler.translate.corpus_case import corpus_case_text

_CHECK_AGAIN: Final = "create another check of the name and dispute that, or close this one"


def add_review_commands(reviews: argparse.ArgumentParser) -> None:
    """Add the actions to the command that reviews are tended with."""
    actions = reviews.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list reviews, oldest first")
    listing.add_argument(
        "--state", type=ReviewState, choices=list(ReviewState), default=ReviewState.OPEN
    )
    export = actions.add_parser("export", help="write open reviews as cases for the corpus")
    export.add_argument(
        "folder", type=Path, help="such as tests/corpus/disputed; made when it is missing"
    )
    export.add_argument(
        "ids", metavar="REVIEW_ID", nargs="*", help="rev_…; every open review when left out"
    )
    close = actions.add_parser("close", help="decide a review, and delete what it keeps")
    close.add_argument("id", metavar="REVIEW_ID", help="rev_…")
    decision = close.add_mutually_exclusive_group(required=True)
    for state, text in (
        (ReviewState.ACCEPTED, "the verdict was wrong"),
        (ReviewState.REJECTED, "the verdict stands"),
    ):
        decision.add_argument(
            f"--{state}", dest="state", action="store_const", const=state, help=text
        )
    close.add_argument("--answer", default="", help="shown to whoever asked for the review")
    for action in (listing, export, close):
        action.add_argument("--json", action="store_true", help="one JSON value instead of text")


async def tend_reviews(database: Database, asked: argparse.Namespace) -> str:
    """Do what was asked of the reviews; return what to print."""
    if asked.action == "close":
        review = await _close(database, asked.id, asked.state, asked.answer)
        return readable_json(_told(review)) if asked.json else f"{review.state} {review.id}"
    if asked.action == "export":
        written, left = await _export(database, asked.folder, asked.ids)
        if asked.json:
            return readable_json({"written": [str(file) for file in written], "left_out": left})
        lines = [f"wrote {file}" for file in written]
        return "\n".join([*lines, *(f"left out {each}" for each in left)]) or "no open review"
    async with database.session() as connection:
        reviews = await list_reviews(connection, asked.state)
    if asked.json:
        return readable_json([_told(review) for review in reviews])
    return "\n".join(map(_line, reviews)) or f"no {asked.state} review"


async def _close(database: Database, review_id: str, state: ReviewState, answer: str) -> Review:
    if "\0" in answer:
        raise InvalidRequest(
            "An answer has no NUL in it; leave it out", field="answer", value=answer
        )
    review = None
    if is_id(REVIEW_PREFIX, review_id):
        async with database.session() as connection:
            review = await close_review(connection, review_id, state=state, answer=answer)
    if review is None:
        raise _not_open(review_id)
    return review


def _not_open(review_id: str) -> NotFound:
    return NotFound(
        f"There is no open review {review_id}; reviews list shows those that are open, and "
        "reviews list --state accepted or rejected those that are closed",
        field="id",
        value=review_id,
    )


async def _export(
    database: Database, folder: Path, ids: Sequence[str]
) -> tuple[list[Path], list[str]]:
    """Write the cases of these reviews, or of all that are open.

    Return the files, and what had none with the reason and what to do.
    """
    async with database.session() as connection:
        reviews = await list_reviews(connection, ReviewState.OPEN)
    is_open = {review.id for review in reviews}
    for review_id in ids:
        if review_id not in is_open:
            raise _not_open(review_id)
    await asyncio.to_thread(_make_folder, folder)
    written: list[Path] = []
    left: list[str] = []
    for review_id in dict.fromkeys(ids or [review.id for review in reviews]):
        async with database.session() as connection:
            case = await find_case(connection, review_id)
        if case is None or case.kept is None:
            left.append(f"{review_id}: its facts are not kept; {_CHECK_AGAIN}")
            continue
        try:
            text = corpus_case_text(case, case.kept)
        except UnreadableKeptError as error:
            left.append(f"{review_id}: what is kept {error}; {_CHECK_AGAIN}")
            continue
        file = folder / f"{review_id}.json"
        await asyncio.to_thread(file.write_text, text, "utf-8")
        written.append(file)
    return written, left


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidRequest(
            f"{folder} cannot be a folder ({error.strerror}); name one that can be written to",
            field="folder",
            value=str(folder),
        ) from error


def _told(review: Review) -> dict[str, object]:
    return {
        "id": review.id,
        "check_id": review.check_id,
        "state": review.state,
        "reason": review.reason,
        "comment": review.comment,
        "expected": dict(review.expected),
        "created_at": review.created_at.isoformat(),
        "closed_at": review.closed_at.isoformat() if review.closed_at else None,
        "answer": review.answer,
    }


def _line(review: Review) -> str:
    """Return one line."""
    wanted = ", ".join(f"{name}={value}" for name, value in sorted(review.expected.items()))
    words = (review.id, review.check_id, review.reason, wanted, readable_json(review.comment))
    return "  ".join(word for word in words if word)


def readable_json(value: object) -> str:
    """Return JSON in which letters of all languages are themselves.

    What a terminal would obey or hide is escaped, for strangers have written it.
    """
    return "".join(
        each if each.isprintable() else json.dumps(each)[1:-1]
        for each in json.dumps(value, ensure_ascii=False)
    )
