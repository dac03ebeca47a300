from datetime import UTC, datetime

import pytest

from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from services.scheduler.domain.budget import BudgetKind
from services.scheduler.domain.check import LostAttempt, ProbeEnd, ProbePutOff
from services.scheduler.domain.dead_letter import UnusableMessage
from services.scheduler.translate.report import UndecodableError, attempt_in, report_in


def test_a_result_is_kept_as_it_was_written() -> None:
    result = check_pb2.CheckResult(paths=[facts_pb2.PathFacts(path="/")])
    sample = facts_pb2.ContentSample(path="/", body=b"x")
    report = messages_pb2.ProbeReport(
        probe_id="prb_1",
        check_id="chk_1",
        attempt=2,
        result=result,
        samples=[sample],
        kept=b"facts",
    )
    end = report_in(report.SerializeToString())
    assert isinstance(end, ProbeEnd)
    assert (end.probe_id, end.check_id, end.attempt) == ("prb_1", "chk_1", 2)
    assert end.result == result.SerializeToString()
    assert end.failure is None
    assert end.samples == (("/", sample.SerializeToString()),)
    assert end.kept == b"facts"


def test_an_empty_result_is_a_result() -> None:
    report = messages_pb2.ProbeReport(probe_id="prb_1", result=check_pb2.CheckResult())
    end = report_in(report.SerializeToString())
    assert isinstance(end, ProbeEnd)
    assert end.result == b""


def test_a_failure_is_told() -> None:
    report = messages_pb2.ProbeReport(
        probe_id="prb_1", failure=check_pb2.Failure(reason="target_refused")
    )
    end = report_in(report.SerializeToString())
    assert isinstance(end, ProbeEnd)
    assert end.result is None
    assert end.failure is not None
    assert end.failure.reason == "target_refused"


@pytest.mark.parametrize(
    ("told", "used_up"),
    [
        (messages_pb2.BUDGET_KIND_HOST, BudgetKind.HOST),
        (messages_pb2.BUDGET_KIND_ADDRESS, BudgetKind.ADDRESS),
        (messages_pb2.BUDGET_KIND_UNSPECIFIED, None),
        (99, None),  # of a later version
    ],
)
def test_what_is_put_off_is_told_with_its_wait_and_why(
    told: messages_pb2.BudgetKind.ValueType, used_up: BudgetKind | None
) -> None:
    report = messages_pb2.ProbeReport(
        probe_id="prb_1",
        check_id="chk_1",
        attempt=3,
        postponed=messages_pb2.Postponement(wait_ms=1500, used_up=told),
    )
    assert report_in(report.SerializeToString()) == ProbePutOff(
        probe_id="prb_1", check_id="chk_1", attempt=3, wait_s=1.5, used_up=used_up
    )


def test_an_attempt_that_was_rejected_is_lost() -> None:
    report = messages_pb2.ProbeReport(
        probe_id="prb_1", attempt=3, rejected=messages_pb2.Rejection(reason="un\0readable")
    )
    assert report_in(report.SerializeToString()) == LostAttempt(
        probe_id="prb_1", attempt=3, reason="unreadable", is_rejected=True
    )


def test_a_rejected_message_of_no_probe_is_unusable_itself() -> None:
    rejection = messages_pb2.Rejection(reason="why", vantage_point="mars-1", payload=b"\xff")
    report = messages_pb2.ProbeReport(rejected=rejection)
    assert report_in(report.SerializeToString()) == UnusableMessage(
        subject="jobs.mars-1", payload=b"\xff", reason="why"
    )
    rejection.vantage_point = "*"
    with pytest.raises(UndecodableError):
        report_in(messages_pb2.ProbeReport(rejected=rejection).SerializeToString())


def test_nobody_is_put_off_for_ever() -> None:
    report = messages_pb2.ProbeReport(probe_id="prb_1")
    report.postponed.wait_ms = 2**32 - 1
    put_off = report_in(report.SerializeToString())
    assert isinstance(put_off, ProbePutOff)
    assert put_off.wait_s == 3600


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xff\xff",
        b"{}",
        messages_pb2.ProbeReport(probe_id="prb_1").SerializeToString(),
        messages_pb2.ProbeReport(result=check_pb2.CheckResult()).SerializeToString(),
    ],
)
def test_what_is_no_report_is_told_apart(payload: bytes) -> None:
    with pytest.raises(UndecodableError):
        report_in(payload)


def test_an_attempt_is_read_with_what_is_absent() -> None:
    message = messages_pb2.DeliveryAttempt(delivery_id="dlv_1", attempt=3, error="timeout")
    message.attempted_at.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC))
    attempt = attempt_in(message.SerializeToString())
    assert (attempt.delivery_id, attempt.attempt, attempt.error) == ("dlv_1", 3, "timeout")
    assert attempt.attempted_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert attempt.status_code is None
    assert attempt.retry_after_s is None


def test_an_answered_attempt_is_read_with_status_and_retry_after() -> None:
    message = messages_pb2.DeliveryAttempt(delivery_id="dlv_1", status_code=429, retry_after_s=0)
    attempt = attempt_in(message.SerializeToString())
    assert (attempt.status_code, attempt.retry_after_s) == (429, 0)


@pytest.mark.parametrize("payload", [b"", b"\xff\xff", b"\x1a\x0b\x08\xff\xff\xff\xff\xff\x7f"])
def test_what_is_no_attempt_is_told_apart(payload: bytes) -> None:
    with pytest.raises(UndecodableError):
        attempt_in(payload)


def test_what_an_endpoint_answered_is_kept_without_nul_and_not_without_end() -> None:
    message = messages_pb2.DeliveryAttempt(
        delivery_id="dlv_1", attempt=1, answer="a\0b" + "x" * 2000
    )
    assert attempt_in(message.SerializeToString()).answer == "ab" + "x" * 1022
