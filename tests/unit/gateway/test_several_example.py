from pydantic import TypeAdapter

from outscope.representation.check import Check
from services.gateway.several_example import SEVERAL_CHECK, several_check
from services.prober.judge.codes import Code
from services.scheduler.domain.check import CheckStatus, Quorum, View
from services.scheduler.translate.several import add_views

READ = TypeAdapter(Check).validate_python(SEVERAL_CHECK, strict=True)


def test_it_has_every_field_of_a_check_and_shows_one_of_its_views() -> None:
    assert READ["vantage_point"] is None
    assert READ["request"]["vantage_points"] == [view["vantage_point"] for view in READ["vantages"]]
    assert READ["analysis"] == READ["vantages"][0]["analysis"]


def test_it_is_what_comes_of_its_views() -> None:
    shown = several_check()
    views = [
        View(
            probe_id=view.vantage_point,
            vantage_point=view.vantage_point,
            status=CheckStatus.COMPLETED,
            result=view.result.SerializeToString(),
        )
        for view in shown.vantages
    ]
    come_to = type(shown)()
    add_views(come_to, views, Quorum.ANY, has_completed=True)
    assert come_to.agreement == shown.agreement
    assert come_to.result == shown.result


def test_its_verdicts_are_made_of_the_codes_there_are() -> None:
    analysis = READ["vantages"][1]["analysis"]
    assert analysis is not None
    assert {reason["code"] for reason in analysis["reasons"]} <= set(Code)
