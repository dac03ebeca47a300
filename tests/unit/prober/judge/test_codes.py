import ast
from pathlib import Path

import pytest

from services.prober import judge
from services.prober.facts import OutcomeCode
from services.prober.judge.codes import (
    CATEGORY,
    STANDING,
    Code,
    Note,
    Standing,
    message_for,
    reason_for,
)
from services.prober.judge.rule import Effect
from services.prober.judge.verdict import Category, seen

FIELDS = {
    "path": "/a",
    "status": "403",
    "vendor": "Wall",
    "target": "https://x/",
    "host": "example.com",
    "advice": "check www.example.com instead",
    "addresses": "our addresses",
    "visitor": "our addresses and user agent",
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


def test_every_reason_code_has_one_category_and_no_category_is_empty() -> None:
    codes = [*Code, *Note, *OutcomeCode]
    assert len(set(map(str, codes))) == len(codes)
    assert set(CATEGORY) == set(map(str, codes))
    assert set(CATEGORY.values()) == set(Category)


@pytest.mark.parametrize(
    ("code", "category"),
    [
        (Code.CHALLENGE, "Security Blocks"),
        (OutcomeCode.TCP_REFUSED, "Network"),
        (OutcomeCode.DNS_NXDOMAIN, "Network"),
        (Code.ORIGIN_ERROR, "Network"),
        (OutcomeCode.TLS_ALERT, "TLS"),
        (Note.CERTIFICATE_INVALID, "TLS"),
        (Code.CONTENT_SERVED, "Content"),
        (Code.REDIRECT_OFF_SITE, "Redirect"),
        (OutcomeCode.POLICY_REFUSED, "Policy"),
        (Note.CHECK_CUT_SHORT, "Policy"),
    ],
)
def test_a_reason_has_the_category_of_its_code(
    code: Code | Note | OutcomeCode, category: str
) -> None:
    evidence = (seen("r", "f", "v"),)
    reason = reason_for(code, "A sentence.", evidence)
    assert (reason.code, reason.category) == (str(code), category)
    assert (reason.message, reason.evidence) == ("A sentence.", evidence)


def test_no_module_of_the_judge_makes_a_reason_without_its_code_being_in_the_table() -> None:
    makers = []
    for path in sorted(Path(judge.__path__[0]).glob("*.py")):
        calls = (
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        )
        if any(isinstance(call.func, ast.Name) and call.func.id == "Reason" for call in calls):
            makers.append(path.name)
    assert makers == ["codes.py"]
