import pytest

from services.prober.judge.codes import STANDING, Code, Standing, message_for
from services.prober.judge.rule import Effect

FIELDS = {
    "path": "/a",
    "status": "403",
    "vendor": "Wall",
    "target": "https://x/",
    "host": "example.com",
    "advice": "check www.example.com instead",
}


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_standing_and_a_sentence(code: Code) -> None:
    assert code in STANDING
    message = message_for(code, FIELDS)
    assert message.endswith(".")
    assert "{" not in message


def test_every_effect_of_a_rule_is_a_code_except_presence() -> None:
    assert {str(effect) for effect in Effect} - {str(code) for code in Code} == {"edge_present"}


def test_a_wall_outweighs_a_weak_answer_and_not_the_application() -> None:
    assert Standing.ANSWERED < Standing.WALLED < Standing.REACHED


def test_values_with_braces_stay_as_they_are() -> None:
    assert "/{id}" in message_for(Code.NOT_FOUND, {**FIELDS, "path": "/{id}"})
