import pytest

from outscope.errors import InvalidRequest
from services.scheduler.domain.review import ReviewReason, checked_comment, checked_kind

KIND = ReviewReason.WRONG_KIND


@pytest.mark.parametrize("comment", ["", "  \n"])
def test_the_reason_other_alone_says_nothing(comment: str) -> None:
    with pytest.raises(InvalidRequest, match="say it in the comment, or give one of") as refused:
        checked_comment(comment, ReviewReason.OTHER)
    assert refused.value.field == "comment"
    assert "wrong_kind" in refused.value.message
    assert checked_comment("A shop.", ReviewReason.OTHER) == "A shop."


def test_a_comment_has_a_length() -> None:
    assert checked_comment("", KIND) == ""
    assert checked_comment("ü" * 2000, KIND) == "ü" * 2000
    with pytest.raises(InvalidRequest, match=r"2000 characters") as refused:
        checked_comment("ü" * 2001, KIND)
    assert refused.value.field == "comment"


def test_a_comment_that_cannot_be_stored_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="NUL"):
        checked_comment("a\0b", KIND)


@pytest.mark.parametrize("kind", ["api", "login_app", "a_kind_of_tomorrow"])
def test_a_kind_is_a_word(kind: str) -> None:
    assert checked_kind(kind) == kind


@pytest.mark.parametrize("kind", ["", "API", "login-app", "_x", "api\n", "a" * 33])
def test_what_is_no_word_is_no_kind(kind: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        checked_kind(kind)
    assert refused.value.field == "expected.kind"
