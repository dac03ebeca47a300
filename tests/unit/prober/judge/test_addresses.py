from dataclasses import replace

import pytest

from services.prober.facts import OutcomeCode, PathFacts
from services.prober.judge.addresses import addresses_reason
from services.prober.judge.decide import verdict_for
from tests.unit.prober.judge.shapes import answer, followed, host, unanswered

PAGE = replace(answer(200, "<title>Shop</title>Shoes"), address="192.0.2.1")
DOWN = replace(answer(503, "x"), address="192.0.2.2")
SILENT = replace(unanswered(OutcomeCode.HTTP_TIMEOUT), address="192.0.2.3")


@pytest.mark.parametrize(
    ("others", "said", "field"),
    [
        ([DOWN], "192.0.2.2 answered 503", "paths[0].other_addresses[0].status_code"),
        (
            [PAGE, SILENT],
            "192.0.2.3 gave no answer",
            "paths[0].other_addresses[1].outcome",
        ),
    ],
)
def test_an_address_that_answers_otherwise_is_told_and_decides_nothing(
    others: list[PathFacts], said: str, field: str
) -> None:
    facts = host(followed(PAGE, others=others))
    verdict = verdict_for(facts)
    assert (verdict.reasons[0].code, verdict.analyzable) == ("content_served", True)
    (reason,) = (each for each in verdict.reasons if each.code == "addresses_differ")
    assert "192.0.2.1 answered 200" in reason.message
    assert said in reason.message
    assert [item.field for item in reason.evidence] == ["paths[0].status_code", field]


UNASKED = replace(unanswered(OutcomeCode.HTTP_NOT_ASKED), address="192.0.2.4")
ASKED_TOO_MUCH = replace(answer(429, "slow down"), address="192.0.2.5")


@pytest.mark.parametrize(
    "path",
    [
        followed(PAGE, others=[UNASKED]),
        followed(PAGE, others=[ASKED_TOO_MUCH]),
        followed(ASKED_TOO_MUCH, others=[PAGE]),
    ],
)
def test_what_only_our_haste_or_our_lack_of_time_shows_makes_no_difference(path: PathFacts) -> None:
    assert addresses_reason(host(path, deadline_hit=True)) is None


def test_addresses_that_answer_alike_are_no_news() -> None:
    same_class = replace(PAGE, status=204)
    assert addresses_reason(host(followed(PAGE, others=[PAGE, same_class]))) is None
    assert addresses_reason(host(PAGE)) is None
