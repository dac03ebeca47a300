from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from outscope.errors import InvalidRequest
from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.check import (
    Check,
    CheckOptions,
    CheckSpec,
    CheckStatus,
    Discovery,
    Failure,
    Owner,
    ProbeJob,
    Quorum,
)
from services.scheduler.translate.check import (
    check_message,
    failure_told,
    job_payload,
    spec_as_asked,
    spec_asked,
    spec_message,
    status_asked,
)

CREATED = datetime(2026, 4, 21, 10, tzinfo=UTC)
ENDED = datetime(2026, 4, 21, 10, 0, 1, tzinfo=UTC)
BUDGET = Budget(host=60, address=600, address_covers_opened=True)
SPEC = CheckSpec(
    fqdn="example.com",
    ports=(80, 443),
    paths=("/", "/api"),
    vantage_point="eu-west-1",
    include_content_sample=True,
    content_retention_days=9,
    options=CheckOptions(
        dns_records=True,
        tls_versions=True,
        max_redirects=5,
        all_addresses=True,
        http2=True,
        discovery=Discovery.DEEP,
    ),
)
NONE_TAGGED: dict[str, frozenset[str]] = {"us-east-1": frozenset(), "eu-west-1": frozenset()}
SEVERAL = {"vantage_points", "quorum"}
OPTIONS = [field.name for field in fields(CheckOptions) if field.name not in SEVERAL]


def check(status: CheckStatus, failure: Failure | None = None) -> Check:
    return Check(
        id="chk_1",
        account_id="acc_1",
        status=status,
        created_at=CREATED,
        ended_at=None if status is CheckStatus.PENDING else ENDED,
        spec=SPEC,
        failure=failure,
    )


def test_absent_fields_take_their_defaults_and_the_first_vantage_point() -> None:
    asked = spec_asked(check_pb2.CheckSpec(fqdn="example.com"), NONE_TAGGED)
    assert asked.vantage_point == "us-east-1"
    assert asked.ports == (80, 443)
    assert asked.content_retention_days == 7
    assert asked.options == CheckOptions()


def test_a_field_that_is_there_is_not_a_default() -> None:
    for wrong in (
        check_pb2.CheckSpec(fqdn="example.com", vantage_point=""),
        check_pb2.CheckSpec(fqdn="example.com", content_retention_days=0),
    ):
        with pytest.raises(InvalidRequest):
            spec_asked(wrong, NONE_TAGGED)


def test_a_spec_survives_the_way_out_and_back() -> None:
    assert spec_asked(spec_message(SPEC), NONE_TAGGED) == SPEC


@pytest.mark.parametrize("option", OPTIONS)
def test_each_option_travels_by_itself(option: str) -> None:
    ordinary = spec_message(replace(SPEC, options=CheckOptions()))
    changes: dict[str, Any] = {option: Discovery.OFF if option == "discovery" else 1}
    asked = replace(SPEC, options=CheckOptions(**changes))
    message = spec_message(asked)
    told = [name for name in OPTIONS if getattr(message, name) != getattr(ordinary, name)]
    assert told == [option]
    assert spec_asked(message, NONE_TAGGED) == asked


def test_more_redirects_than_are_followed_are_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        spec_asked(check_pb2.CheckSpec(fqdn="example.com", max_redirects=6), NONE_TAGGED)
    assert (refused.value.field, refused.value.value) == ("max_redirects", 6)


def from_several(**fields: Any) -> check_pb2.CheckSpec:  # noqa: ANN401 - any field
    return check_pb2.CheckSpec(fqdn="example.com", **fields)


def test_several_vantage_points_are_asked_for_by_name_or_all_at_once() -> None:
    named = spec_asked(from_several(vantage_points=["eu-west-1", "us-east-1"]), NONE_TAGGED)
    assert named.vantage_points == ("eu-west-1", "us-east-1")
    assert (named.vantage_point, named.options.quorum) == ("eu-west-1", Quorum.MAJORITY)
    everywhere = spec_asked(from_several(all_vantage_points=True, quorum=3), NONE_TAGGED)
    assert everywhere.vantage_points == ("us-east-1", "eu-west-1")
    assert everywhere.options.quorum is Quorum.ALL


def test_a_request_is_told_by_what_it_asks_for_and_not_by_what_there_is() -> None:
    asked = from_several(vantage_points=["continent:eu", "mars"])
    plain = spec_as_asked(asked, NONE_TAGGED)
    assert list(plain.vantage_points) == ["continent:eu", "mars"]
    assert (plain.quorum, plain.HasField("vantage_point")) == (check_pb2.QUORUM_MAJORITY, False)
    assert plain == spec_as_asked(asked, {"mars": ("continent:eu",)})
    assert plain != spec_as_asked(from_several(vantage_points=["mars"]), NONE_TAGGED)
    refused = from_several(vantage_points=["mars"], ports=[0])
    assert spec_as_asked(refused, NONE_TAGGED) is refused


def test_a_list_of_one_is_several_and_no_list_is_not() -> None:
    alone = spec_asked(from_several(vantage_points=["eu-west-1"]), NONE_TAGGED)
    assert alone.is_from_several
    assert not spec_asked(from_several(vantage_point="eu-west-1"), NONE_TAGGED).is_from_several


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"vantage_point": "eu-west-1", "vantage_points": ["us-east-1"]}, "vantage_points"),
        ({"vantage_point": "eu-west-1", "all_vantage_points": True}, "vantage_points"),
        ({"vantage_points": ["us-east-1"], "all_vantage_points": True}, "vantage_points"),
        ({"vantage_points": ["us-east-1", "x"]}, "vantage_points[1]"),
        ({"vantage_points": ["us-east-1"], "quorum": 99}, "quorum"),
        ({"quorum": check_pb2.QUORUM_ANY}, "quorum"),
        ({"vantage_point": "eu-west-1", "quorum": check_pb2.QUORUM_ANY}, "quorum"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(fields: dict[str, Any], at: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        spec_asked(from_several(**fields), NONE_TAGGED)
    assert refused.value.field == at


def test_a_spec_from_several_survives_the_way_out_and_back_and_names_no_single_one() -> None:
    options = CheckOptions(vantage_points=("eu-west-1", "us-east-1"), quorum=Quorum.ANY)
    spec = replace(SPEC, options=options)
    message = spec_message(spec)
    assert not message.HasField("vantage_point")
    assert spec_asked(message, NONE_TAGGED) == spec


def test_discovery_is_standard_where_nothing_is_said_and_an_unknown_one_is_refused() -> None:
    asked = spec_asked(check_pb2.CheckSpec(fqdn="example.com"), NONE_TAGGED)
    assert asked.options.discovery is Discovery.STANDARD
    later = cast("check_pb2.Discovery.ValueType", 99)
    unknown = check_pb2.CheckSpec(fqdn="example.com", discovery=later)
    with pytest.raises(InvalidRequest) as refused:
        spec_asked(unknown, NONE_TAGGED)
    assert (refused.value.field, refused.value.value) == ("discovery", 99)
    assert "off, standard, deep" in refused.value.message


def test_statuses_are_translated_and_an_unknown_one_is_refused() -> None:
    assert status_asked(check_pb2.CHECK_STATUS_UNSPECIFIED) is None
    assert status_asked(check_pb2.CHECK_STATUS_FAILED) is CheckStatus.FAILED
    with pytest.raises(InvalidRequest) as refused:
        status_asked(99)
    assert refused.value.field == "status"
    assert "pending, completed, failed" in refused.value.message


def test_a_pending_check_has_neither_end_nor_failure() -> None:
    message = check_message(check(CheckStatus.PENDING))
    assert message.status == check_pb2.CHECK_STATUS_PENDING
    assert message.created_at.ToDatetime(tzinfo=UTC) == CREATED
    assert not message.HasField("ended_at")
    assert not message.HasField("failure")
    assert not message.HasField("result")


def test_a_failed_check_says_why_and_whose_fault_it_was() -> None:
    failure = Failure(reason="target_refused", owner=Owner.POLICY, message="It is private.")
    message = check_message(check(CheckStatus.FAILED, failure))
    assert message.failure.reason == "target_refused"
    assert message.failure.owner == facts_pb2.OWNER_POLICY
    assert message.ended_at.ToDatetime(tzinfo=UTC) == ENDED


def test_a_job_tells_the_prober_everything() -> None:
    job = ProbeJob(probe_id="prb_1", check_id="chk_1", attempt=2, spec=SPEC, deadline_at=ENDED)
    message = messages_pb2.ProbeJob.FromString(job_payload(job, BUDGET))
    assert (message.probe_id, message.check_id, message.attempt) == ("prb_1", "chk_1", 2)
    assert message.spec == spec_message(SPEC)
    assert message.deadline.ToDatetime(tzinfo=UTC) == ENDED
    assert message.budget == messages_pb2.TargetBudget(
        host=60, address=600, address_covers_opened=True
    )


def test_a_job_tells_of_no_budget_where_there_is_none() -> None:
    job = ProbeJob(probe_id="prb_1", check_id="chk_1", attempt=2, spec=SPEC, deadline_at=ENDED)
    unlimited = Budget(host_covers_opened=True)
    assert not messages_pb2.ProbeJob.FromString(job_payload(job, unlimited)).HasField("budget")


def test_a_failure_without_reason_or_owner_is_ours() -> None:
    assert failure_told(check_pb2.Failure(message="a\0b")) == Failure(
        reason="internal", owner=Owner.OURS, message="ab"
    )
    told = check_pb2.Failure(reason="x", owner=facts_pb2.OWNER_RESOLVER)
    assert failure_told(told).owner is Owner.RESOLVER
