import copy
from typing import Any

from services.gateway.examples import COMPLETED_CHECK
from services.gateway.several_example import SEVERAL_CHECK
from services.gateway.translate.several import (
    DISSENT_HEADS,
    agreement_told,
    dissent_rows,
    mark_of,
)

SEVERAL: Any = SEVERAL_CHECK


def test_agreement_has_words_for_each_class_and_for_new_ones() -> None:
    assert agreement_told(SEVERAL) == (
        "unsure",
        "The target keeps some regions out",
        "geo_blocked",
    )
    new = copy.deepcopy(SEVERAL)
    new["agreement"]["code"] = "new_class"
    assert agreement_told(new) == ("unsure", "They differ: new class", "new_class")
    new["agreement"]["code"] = "agree"
    assert agreement_told(new) == ("good", "All that are counted agree", "agree")


def test_nothing_is_said_of_agreement_before_the_end_and_of_one() -> None:
    assert agreement_told(COMPLETED_CHECK) is None
    none = SEVERAL | {"agreement": None}
    assert agreement_told(none | {"status": "pending"}) is None
    told = agreement_told(none)
    assert told is not None
    assert "None of them can be counted" in told[1]


def test_who_differs_and_who_is_not_counted_are_marked() -> None:
    agreement = SEVERAL["agreement"]
    names = ("us-east-1", "eu-west-1", "ap-south-1")
    assert [mark_of(name, agreement) for name in names] == ["", "differs", "not counted"]
    assert mark_of("eu-west-1", None) == ""


def test_each_fact_that_differs_is_a_row() -> None:
    [row] = dissent_rows(SEVERAL["agreement"])
    assert row == ("eu-west-1", "paths[0].status_code", "451", "200", "us-east-1")
    assert len(row) == len(DISSENT_HEADS)
    assert list(dissent_rows(None)) == []
