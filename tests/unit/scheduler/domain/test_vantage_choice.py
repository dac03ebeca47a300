import pytest

from outscope.errors import InvalidRequest
from services.scheduler.domain.vantage_choice import all_vantage_points, chosen_vantage_points

KNOWN = {
    "eu-west-1": {"continent:eu", "provider:aws"},
    "us-east-1": {"continent:na", "provider:aws"},
    "eu-central-1": {"continent:eu"},
}
MANY = {f"v-{number}": {"continent:eu"} for number in range(21)}


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        (["us-east-1", "eu-west-1"], ("us-east-1", "eu-west-1")),
        (["eu-west-1", "eu-west-1"], ("eu-west-1",)),
        (["continent:eu"], ("eu-west-1", "eu-central-1")),
        (["eu-central-1", "provider:aws"], ("eu-central-1", "eu-west-1", "us-east-1")),
    ],
)
def test_each_is_chosen_once_at_its_first_place(asked: list[str], chosen: tuple[str, ...]) -> None:
    assert chosen_vantage_points(asked, KNOWN) == chosen


@pytest.mark.parametrize("wrong", ["", "mars", "continent:as", "continent:", "eu-west-1 "])
def test_what_there_is_none_of_is_refused_at_its_place(wrong: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        chosen_vantage_points(["eu-west-1", wrong], KNOWN)
    assert (refused.value.field, refused.value.value) == ("vantage_points[1]", wrong)
    assert "eu-central-1, eu-west-1, us-east-1" in refused.value.message


def test_all_are_all_there_are_in_their_order() -> None:
    assert all_vantage_points(KNOWN) == tuple(KNOWN)


def test_all_of_none_are_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        all_vantage_points({})
    assert refused.value.field == "vantage_points"


def test_twenty_may_be_chosen_and_not_one_more() -> None:
    assert len(chosen_vantage_points(list(MANY)[:20], MANY)) == 20
    for asked in (["continent:eu"], list(MANY)):
        with pytest.raises(InvalidRequest) as refused:
            chosen_vantage_points(asked, MANY)
        assert (refused.value.field, refused.value.value) == ("vantage_points", 21)
    with pytest.raises(InvalidRequest):
        all_vantage_points(MANY)
