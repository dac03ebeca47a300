import pytest

from services.prober.judge.pack_schema import CHECKS, SHAPES, RuleForm, members_of, missing_in


def test_every_form_has_a_shape_and_every_member_a_check() -> None:
    assert set(SHAPES) == set(RuleForm)
    assert {name for form in RuleForm for name in members_of(form)} == set(CHECKS)


@pytest.mark.parametrize("form", RuleForm)
def test_every_rule_has_an_id_a_strength_a_source_and_a_beginning(form: RuleForm) -> None:
    assert missing_in(form, {})[:4] != []
    assert {"id", "strength", "source", "since"} <= set(missing_in(form, {}))


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_refuses_what_is_of_another_type(name: str) -> None:
    assert CHECKS[name](object()) != ""
