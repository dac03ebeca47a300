"""What several views come to: the merged one, who agrees, and that what is ours is not counted."""

from dataclasses import replace
from datetime import UTC, datetime

from outscope.v1 import check_pb2, facts_pb2, verdict_pb2
from services.scheduler.domain.check import CheckStatus, Failure, Owner, Quorum, View
from services.scheduler.translate.several import add_views, shown_view

ENDED = datetime(2026, 4, 21, 10, 0, 1, tzinfo=UTC)


def served(status: int = 200) -> check_pb2.CheckResult:
    """Return what is seen where a site answers with this status."""
    is_well = status < 400
    return check_pb2.CheckResult(
        analysis=verdict_pb2.Analysis(
            reachable=True,
            speaks_http=True,
            analyzable=is_well,
            analyzability="analyzable" if is_well else "not_analyzable",
            kind="website" if is_well else "none",
        ),
        dns=facts_pb2.DnsFacts(a_records=["192.0.2.1"]),
        paths=[facts_pb2.PathFacts(path="/", status_code=status)],
    )


def hindered() -> check_pb2.CheckResult:
    """Return what is seen where we did not ask in time."""
    result = served(500)
    result.paths[0].outcome.code = facts_pb2.OUTCOME_CODE_HTTP_NOT_ASKED
    result.paths[0].outcome.owner = facts_pb2.OWNER_OURS
    return result


def view(name: str, result: check_pb2.CheckResult) -> View:
    return View(
        probe_id=f"prb_{name}",
        vantage_point=name,
        status=CheckStatus.COMPLETED,
        result=result.SerializeToString(),
        ended_at=ENDED,
    )


ABSENT = View(
    probe_id="prb_c",
    vantage_point="c",
    status=CheckStatus.FAILED,
    failure=Failure(reason="vantage_unavailable", owner=Owner.OURS, message="Nobody is there."),
    ended_at=ENDED,
)


def merged(*views: View, quorum: Quorum = Quorum.MAJORITY) -> check_pb2.Check:
    message = check_pb2.Check()
    add_views(message, views, quorum, has_completed=True)
    return message


def test_those_who_agree_are_merged_and_whoever_failed_is_not_counted() -> None:
    check = merged(view("a", served()), view("b", served()), ABSENT)
    assert check.result == served()
    assert (check.agreement.code, list(check.agreement.counted)) == ("agree", ["a", "b"])
    assert [each.vantage_point for each in check.vantages] == ["a", "b", "c"]
    assert check.vantages[2].failure.reason == "vantage_unavailable"
    assert not check.vantages[2].HasField("result")


def test_a_legal_block_at_one_is_told_with_its_evidence() -> None:
    check = merged(view("a", served(451)), view("b", served()), view("c", served()))
    assert check.result == served()
    assert check.agreement.code == "geo_blocked"
    (dissent,) = check.agreement.dissents
    assert (dissent.vantage_point, dissent.code) == ("a", "geo_blocked")
    (difference,) = dissent.evidence
    assert (difference.field, difference.value, difference.elsewhere) == (
        "paths[0].status_code",
        "451",
        "200",
    )


def test_the_quorum_decides_whose_verdict_is_shown() -> None:
    views = (view("a", served(451)), view("b", served()))
    shown = {quorum: shown_view(views, quorum) for quorum in Quorum}
    names = {quorum: each and each.vantage_point for quorum, each in shown.items()}
    assert names == {Quorum.MAJORITY: "a", Quorum.ANY: "b", Quorum.ALL: "a"}


def test_who_was_hindered_by_us_is_shown_and_never_counted() -> None:
    check = merged(view("a", hindered()), view("b", served()))
    assert check.result == served()
    assert list(check.agreement.counted) == ["b"]
    assert check.agreement.code == "prober_suspect"


def test_when_nobody_can_be_counted_nothing_is_agreed_and_the_first_is_shown() -> None:
    check = merged(view("a", hindered()), ABSENT)
    assert check.result == hindered()
    assert not check.HasField("agreement")


def test_while_none_has_completed_nothing_is_shown() -> None:
    assert shown_view([ABSENT, replace(ABSENT, status=CheckStatus.PENDING)], Quorum.ANY) is None
