import pytest

from outscope.errors import InvalidRequest
from services.gateway.schemas.reading import CheckQuery, LatestQuery
from services.gateway.schemas.request import validated


@pytest.mark.parametrize("wait", [0, 1, 60])
def test_a_wait_within_its_range_is_taken(wait: int) -> None:
    assert validated(CheckQuery, {"wait": wait}).wait == wait


def test_nobody_waits_who_does_not_ask() -> None:
    assert validated(CheckQuery, {}).wait == 0


@pytest.mark.parametrize("wait", [-1, 61, "5", 1.0, True, None])
def test_the_whole_range_is_told_whichever_end_is_missed(wait: object) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validated(CheckQuery, {"wait": wait})
    assert caught.value.message == "wait must be a whole number from 0 to 60"
    assert (caught.value.field, caught.value.value) == ("wait", wait)


def test_a_name_is_required() -> None:
    with pytest.raises(InvalidRequest, match="fqdn is required"):
        validated(LatestQuery, {})
