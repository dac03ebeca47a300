"""A review: a verdict that its owner disputes, until somebody has decided who is right."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from outscope.errors import InvalidRequest
from outscope.limits import MAX_COMMENT_CHARS
from services.scheduler.domain.check import CheckSpec

_KIND: Final = re.compile(r"[a-z][a-z_]{0,31}", re.ASCII)


class ReviewState(StrEnum):
    """How far a review is; everything but open is final."""

    OPEN = "open"
    # The verdict was wrong.
    ACCEPTED = "accepted"
    # The verdict stands.
    REJECTED = "rejected"


class ReviewReason(StrEnum):
    """What of a verdict is disputed."""

    WRONG_ANALYZABLE = "wrong_analyzable"
    WRONG_KIND = "wrong_kind"
    WRONG_AUTH = "wrong_auth"
    WRONG_API_DOC = "wrong_api_doc"
    OTHER = "other"


# Fields of the analysis by name, with the value a person would have given them.
Expected = Mapping[str, bool | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A review about to be stored."""

    id: str
    check_id: str
    account_id: str
    reason: ReviewReason
    comment: str
    expected: Expected
    # The disputed result and what it was reached from, as the prober wrote them down.
    result: bytes
    kept: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One review of a check."""

    id: str
    check_id: str
    state: ReviewState
    reason: ReviewReason
    comment: str
    expected: Expected
    created_at: datetime
    closed_at: datetime | None
    # What whoever closed it says.
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """An open review with all that a test of it takes; kept is None when nothing was kept."""

    review: Review
    spec: CheckSpec
    result: bytes
    kept: bytes | None


def checked_comment(comment: str, reason: ReviewReason) -> str:
    """Return a comment that can be stored and, with this reason, read; or raise InvalidRequest."""
    if reason is ReviewReason.OTHER and not comment.strip():
        raise InvalidRequest(
            "The reason other does not say what is wrong; say it in the comment, or give one of "
            f"{', '.join(each for each in ReviewReason if each is not reason)}",
            field="comment",
            value=comment,
        )
    if len(comment) > MAX_COMMENT_CHARS:
        raise InvalidRequest(
            f"A comment has at most {MAX_COMMENT_CHARS} characters", field="comment", value=comment
        )
    if "\0" in comment:
        raise InvalidRequest("A comment has no NUL in it", field="comment", value=comment)
    return comment


def checked_kind(kind: str) -> str:
    """Return a kind that may exist in some version of the rules, or raise InvalidRequest."""
    if _KIND.fullmatch(kind) is None:
        raise InvalidRequest(
            "A kind is a word such as api or login_app", field="expected.kind", value=kind
        )
    return kind
