from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from outscope.errors import InvalidRequest
from outscope.v1 import check_pb2, facts_pb2, messages_pb2, verdict_pb2
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.check import (
    Check,
    CheckDetail,
    CheckOptions,
    CheckSpec,
    CheckStatus,
    Discovery,
    Failure,
    Owner,
    ProbeJob,
    StoredSample,
)
from services.scheduler.translate.check import (
    check_message,
    detail_message,
    failure_told,
    job_payload,
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
OPTIONS = [field.name for field in fields(CheckOptions)]


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
    asked = spec_asked(check_pb2.CheckSpec(fqdn="example.com"), ("us-east-1", "eu-west-1"))
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
            spec_asked(wrong, ("us-east-1",))


def test_a_spec_survives_the_way_out_and_back() -> None:
    assert spec_asked(spec_message(SPEC), ("eu-west-1",)) == SPEC


@pytest.mark.parametrize("option", OPTIONS)
def test_each_option_travels_by_itself(option: str) -> None:
    ordinary = spec_message(replace(SPEC, options=CheckOptions()))
    changes: dict[str, Any] = {option: Discovery.OFF if option == "discovery" else 1}
    asked = replace(SPEC, options=CheckOptions(**changes))
    message = spec_message(asked)
    told = [name for name in OPTIONS if getattr(message, name) != getattr(ordinary, name)]
    assert told == [option]
    assert spec_asked(message, ("eu-west-1",)) == asked


def test_more_redirects_than_are_followed_are_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        spec_asked(check_pb2.CheckSpec(fqdn="example.com", max_redirects=6), ("eu-west-1",))
    assert (refused.value.field, refused.value.value) == ("max_redirects", 6)


def test_discovery_is_standard_where_nothing_is_said_and_an_unknown_one_is_refused() -> None:
    asked = spec_asked(check_pb2.CheckSpec(fqdn="example.com"), ("eu-west-1",))
    assert asked.options.discovery is Discovery.STANDARD
    later = cast("check_pb2.Discovery.ValueType", 99)
    unknown = check_pb2.CheckSpec(fqdn="example.com", discovery=later)
    with pytest.raises(InvalidRequest) as refused:
        spec_asked(unknown, ("eu-west-1",))
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


def test_a_detail_carries_the_result_and_the_samples_with_their_expiry() -> None:
    result = check_pb2.CheckResult(analysis=verdict_pb2.Analysis(reachable=True, kind="api"))
    sample = facts_pb2.ContentSample(path="/", body=b"hello")
    detail = CheckDetail(
        check=check(CheckStatus.COMPLETED),
        result=result.SerializeToString(),
        samples=(StoredSample(path="/", sample=sample.SerializeToString(), expires_at=ENDED),),
    )
    message = detail_message(detail)
    assert message.result == result
    assert message.samples[0].body == b"hello"
    assert message.samples[0].expires_at.ToDatetime(tzinfo=UTC) == ENDED


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
