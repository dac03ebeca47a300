from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outscope.errors import InvalidRequest
from services.scheduler.domain.api_key import KeyTerms, checked_terms

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def terms(**changes: Any) -> KeyTerms:  # noqa: ANN401 - any field, also a wrong one
    asked: dict[str, Any] = {"name": "ci", "expires_at": None, "rate_limit": None, "now": NOW}
    return checked_terms(**{**asked, **changes})


def test_a_key_may_expire_and_have_its_own_limit() -> None:
    tomorrow = NOW + timedelta(days=1)
    assert terms(name=" ci ", expires_at=tomorrow, rate_limit=0) == KeyTerms(
        name="ci", expires_at=tomorrow, rate_limit=0
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"expires_at": NOW}, "expires_at"),
        ({"rate_limit": -1}, "rate_limit"),
        ({"rate_limit": 1_000_001}, "rate_limit"),
    ],
)
def test_terms_out_of_their_limits_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        terms(**changes)
    assert refused.value.field == field
