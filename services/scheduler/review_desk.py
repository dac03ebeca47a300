"""What operators type about reviews: list them, export those that are open, close one."""

import argparse
import asyncio
import json
from pathlib import Path

from outscope.errors import InvalidRequest, NotFound
from outscope.ids import REVIEW_PREFIX, is_id
from outscope.kept import UnreadableKeptError
from services.scheduler.domain.review import Review, ReviewState
from services.scheduler.store.database import Database
from services.scheduler.store.reviews import close_review, find_case, list_reviews
from services.scheduler.translate.review import corpus_case_text


def add_review_commands(reviews: argparse.ArgumentParser) -> None:
    """Add the actions to the command that reviews are tended with."""
    actions = reviews.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list reviews, oldest first")
    listing.add_argument(
        "--state", type=ReviewState, choices=list(ReviewState), default=ReviewState.OPEN
    )
    export = actions.add_parser("export", help="write each open review as a case for the corpus")
    export.add_argument("folder", type=Path, help="made when it is missing")
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
        return json.dumps(_told(review)) if asked.json else f"{review.state} {review.id}"
    if asked.action == "export":
        written, left = await _export(database, asked.folder)
        if asked.json:
            return json.dumps({"written": [str(file) for file in written], "left_out": left})
        lines = [f"wrote {file}" for file in written]
        return "\n".join([*lines, *(f"left out {each}" for each in left)]) or "no open review"
    async with database.session() as connection:
        reviews = await list_reviews(connection, asked.state)
    if asked.json:
        return json.dumps([_told(review) for review in reviews])
    return "\n".join(map(_line, reviews)) or f"no {asked.state} review"


async def _close(database: Database, review_id: str, state: ReviewState, answer: str) -> Review:
    if "\0" in answer:
        raise InvalidRequest("An answer has no NUL in it", field="answer", value=answer)
    review = None
    if is_id(REVIEW_PREFIX, review_id):
        async with database.session() as connection:
            review = await close_review(connection, review_id, state=state, answer=answer)
    if review is None:
        raise NotFound(f"There is no open review {review_id}", field="id", value=review_id)
    return review


async def _export(database: Database, folder: Path) -> tuple[list[Path], list[str]]:
    """Write the case of each open review; return the files, and what had none with the reason."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with database.session() as connection:
        reviews = await list_reviews(connection, ReviewState.OPEN)
    written: list[Path] = []
    left: list[str] = []
    for review in reviews:
        async with database.session() as connection:
            case = await find_case(connection, review.id)
        if case is None or case.kept is None:
            left.append(f"{review.id}: its facts are not kept")
            continue
        try:
            text = corpus_case_text(case, case.kept)
        except UnreadableKeptError as error:
            left.append(f"{review.id}: what is kept {error}")
            continue
        file = folder / f"{review.id}.json"
        await asyncio.to_thread(file.write_text, text, "utf-8")
        written.append(file)
    return written, left


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
    """Return one line; what its author wrote is escaped, as it goes to a terminal."""
    wanted = ", ".join(f"{name}={value}" for name, value in sorted(review.expected.items()))
    words = (review.id, review.check_id, review.reason, wanted, json.dumps(review.comment))
    return "  ".join(word for word in words if word)
