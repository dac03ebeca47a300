from dataclasses import replace
from datetime import UTC, datetime

from outscope.v1 import check_pb2, messages_pb2
from services.scheduler.domain.check import Check, CheckDetail, CheckSpec, CheckStatus
from services.scheduler.domain.delivery import DeliveryJob, DeliveryState, DueDelivery
from services.scheduler.domain.webhook import Webhook
from services.scheduler.translate.webhook import (
    delivery_message,
    delivery_payload,
    webhook_message,
)

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
DETAIL = CheckDetail(
    check=Check(
        id="chk_1",
        account_id="acc_1",
        status=CheckStatus.COMPLETED,
        created_at=MOMENT,
        ended_at=MOMENT,
        spec=CheckSpec(
            fqdn="example.com",
            ports=(443,),
            paths=("/",),
            vantage_point="eu-west-1",
            include_content_sample=False,
            content_retention_days=7,
        ),
        failure=None,
    ),
    result=b"",
    samples=(),
)


def test_a_webhook_is_shown_without_its_secret() -> None:
    webhook = Webhook(
        id="whk_1", url="https://a.example/", events=("check.failed",), created_at=MOMENT
    )
    message = webhook_message(webhook)
    assert (message.id, message.url, list(message.events)) == (
        "whk_1",
        "https://a.example/",
        ["check.failed"],
    )
    assert message.created_at.ToDatetime(tzinfo=UTC) == MOMENT


def test_a_delivery_job_carries_no_secret() -> None:
    job = messages_pb2.DeliveryJob.FromString(
        delivery_payload(DeliveryJob(delivery_id="dlv_1", attempt=4))
    )
    assert (job.delivery_id, job.attempt) == ("dlv_1", 4)


def test_the_notifier_is_told_all_it_needs() -> None:
    delivery = DueDelivery(
        account_id="acc_1",
        check_id="chk_1",
        attempt=1,
        state=DeliveryState.PUBLISHED,
        message_id="msg_1",
        event_type="check.completed",
        event_at=MOMENT,
        url="https://a.example/",
        secret="whsec_x",
        is_enabled=True,
        old_secrets=("whsec_y",),
        signing_key="whsk_z",
        headers='{"X-Key":"1"}',
    )
    message = delivery_message(delivery, DETAIL)
    assert list(message.secrets) == ["whsec_x", "whsec_y"]
    assert message.signing_key == "whsk_z"
    assert dict(message.headers) == {"X-Key": "1"}
    bare = delivery_message(replace(delivery, signing_key=None, headers=None), DETAIL)
    assert (bare.signing_key, dict(bare.headers)) == ("", {})
    assert message.webhook_id == "msg_1"
    assert message.secret == "whsec_x"
    assert message.event_type == "check.completed"
    assert message.event_at.ToDatetime(tzinfo=UTC) == MOMENT
    assert message.check.status == check_pb2.CHECK_STATUS_COMPLETED
