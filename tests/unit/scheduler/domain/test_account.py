import pytest

from outscope.errors import InvalidRequest
from services.scheduler.domain.account import MAX_RETENTION_DAYS, checked_retention
from services.scheduler.domain.idempotency import KEPT_S


@pytest.mark.parametrize("days", [0, 1, MAX_RETENTION_DAYS])
def test_checks_are_kept_for_days_or_for_ever(days: int) -> None:
    assert checked_retention(days) == days


@pytest.mark.parametrize("days", [-1, MAX_RETENTION_DAYS + 1])
def test_other_numbers_of_days_are_refused(days: int) -> None:
    with pytest.raises(InvalidRequest):
        checked_retention(days)


def test_no_idempotency_key_outlives_the_check_it_created() -> None:
    shortest_days = 1
    assert shortest_days * 24 * 3600 >= KEPT_S
