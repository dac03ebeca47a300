from datetime import UTC, datetime

from outscope.v1 import check_pb2, facts_pb2, verdict_pb2
from services.scheduler.domain.check import (
    Check,
    CheckDetail,
    CheckOptions,
    CheckSpec,
    CheckStatus,
    StoredSample,
    View,
)
from services.scheduler.translate.detail import detail_message

CREATED = datetime(2026, 4, 21, 10, tzinfo=UTC)
ENDED = datetime(2026, 4, 21, 10, 0, 1, tzinfo=UTC)
RESULT = check_pb2.CheckResult(analysis=verdict_pb2.Analysis(reachable=True, kind="api"))
SAMPLES = (
    StoredSample(
        path="/",
        sample=facts_pb2.ContentSample(path="/", body=b"hello").SerializeToString(),
        expires_at=ENDED,
    ),
)


def check(status: CheckStatus, options: CheckOptions | None = None) -> Check:
    return Check(
        id="chk_1",
        account_id="acc_1",
        status=status,
        created_at=CREATED,
        ended_at=None if status is CheckStatus.PENDING else ENDED,
        failure=None,
        spec=CheckSpec(
            fqdn="example.com",
            ports=(443,),
            paths=("/",),
            vantage_point="eu-west-1",
            include_content_sample=True,
            content_retention_days=7,
            options=options or CheckOptions(),
        ),
    )


def test_a_detail_carries_the_result_and_the_samples_with_their_expiry() -> None:
    detail = CheckDetail(
        check=check(CheckStatus.COMPLETED), result=RESULT.SerializeToString(), samples=SAMPLES
    )
    message = detail_message(detail)
    assert message.result == RESULT
    assert message.samples[0].body == b"hello"
    assert message.samples[0].expires_at.ToDatetime(tzinfo=UTC) == ENDED
    assert not message.vantages
    assert not message.HasField("agreement")


def from_several(status: CheckStatus) -> CheckDetail:
    options = CheckOptions(vantage_points=("eu-west-1", "us-east-1"))
    return CheckDetail(
        check=check(status, options),
        result=None,
        samples=(),
        views=(
            View(
                probe_id="prb_1",
                vantage_point="eu-west-1",
                status=CheckStatus.COMPLETED,
                result=RESULT.SerializeToString(),
                ended_at=ENDED,
                samples=SAMPLES,
            ),
            View(probe_id="prb_2", vantage_point="us-east-1", status=CheckStatus.PENDING),
        ),
    )


def test_of_several_there_is_no_merged_view_before_the_last_has_ended() -> None:
    message = detail_message(from_several(CheckStatus.PENDING))
    assert [view.HasField("result") for view in message.vantages] == [True, False]
    assert not message.HasField("result")
    assert not message.HasField("agreement")


def test_of_several_the_merged_view_comes_with_its_own_samples() -> None:
    message = detail_message(from_several(CheckStatus.COMPLETED))
    assert message.result == RESULT
    assert message.samples[0].body == b"hello"
    assert message.agreement.code == "agree"
