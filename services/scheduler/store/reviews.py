"""Statements about reviews; the facts copied for one are deleted when it is closed."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from services.scheduler.domain.review import (
    NewReview,
    Review,
    ReviewCase,
    ReviewReason,
    ReviewState,
)
from services.scheduler.store.checks import spec_in
from services.scheduler.store.database import Connection

_COLUMNS: Final = (
    "reviews.id, check_id, state, reason, comment, expected, reviews.created_at, closed_at, answer"
)
_SPEC: Final = (
    "fqdn, ports, paths, vantage_point, include_content_sample, content_retention_days, options"
)


async def insert_review(connection: Connection, review: NewReview) -> datetime | None:
    """Store an open review; return when, or None while another of its check is open."""
    cursor = await connection.execute(
        """
        INSERT INTO reviews (id, check_id, account_id, state, reason, comment, expected, result,
                             kept)
        VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s)
            ON CONFLICT (check_id) WHERE state = 'open' DO NOTHING
        RETURNING created_at
        """,
        (
            review.id,
            review.check_id,
            review.account_id,
            ReviewState.OPEN,
            review.reason,
            review.comment,
            json.dumps(dict(review.expected)),
            review.result,
            review.kept,
        ),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def find_review(connection: Connection, check_id: str, *, account_id: str) -> Review | None:
    """Return the latest review of a check of this account."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM reviews"  # noqa: S608 - constants of ours
        " WHERE check_id = %s AND account_id = %s ORDER BY created_at DESC, id DESC LIMIT 1",
        (check_id, account_id),
    )
    row = await cursor.fetchone()
    return None if row is None else _review(row)


async def list_reviews(connection: Connection, state: ReviewState) -> list[Review]:
    """Return all reviews in a state, oldest first."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM reviews"  # noqa: S608 - constants of ours
        " WHERE state = %s ORDER BY created_at, id",
        (state,),
    )
    return [_review(row) for row in await cursor.fetchall()]


async def find_case(connection: Connection, review_id: str) -> ReviewCase | None:
    """Return a review with what it is about; None unless it is open."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS}, result, kept, {_SPEC}"  # noqa: S608 - constants of ours
        " FROM reviews JOIN checks ON checks.id = check_id"
        " WHERE reviews.id = %s AND state = %s",
        (review_id, ReviewState.OPEN),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return ReviewCase(review=_review(row), result=row[9], kept=row[10], spec=spec_in(row[11:18]))


async def close_review(
    connection: Connection, review_id: str, *, state: ReviewState, answer: str
) -> Review | None:
    """Close an open review and delete what was copied for it; None when none such is open."""
    cursor = await connection.execute(
        f"""
        UPDATE reviews
           SET state = %s, answer = %s, closed_at = now(), result = NULL, kept = NULL
         WHERE id = %s AND state = %s
        RETURNING {_COLUMNS}
        """,  # noqa: S608 - constants of ours
        (state, answer, review_id, ReviewState.OPEN),
    )
    row = await cursor.fetchone()
    return None if row is None else _review(row)


def _review(row: Sequence[Any]) -> Review:
    return Review(
        id=row[0],
        check_id=row[1],
        state=ReviewState(row[2]),
        reason=ReviewReason(row[3]),
        comment=row[4],
        expected=row[5],
        created_at=row[6],
        closed_at=row[7],
        answer=row[8],
    )
