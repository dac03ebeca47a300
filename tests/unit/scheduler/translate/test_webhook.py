from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outscope.v1 import check_pb2, messages_pb2, webhook_service_pb2
from services.scheduler.domain.check import Check, CheckDetail, CheckSpec, CheckStatus
from services.scheduler.domain.delivery import DeliveryJob, DeliveryState, DueDelivery
from services.scheduler.domain.secret_access import Access, NotedAccess
from services.scheduler.domain.webhook import Payload, Webhook
from services.scheduler.translate.webhook import (
    access_message,
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


def a_webhook(**fields: Any) -> Webhook:  # noqa: ANN401 - any field
    usual: dict[str, Any] = {
        "id": "whk_1",
        "url": "https://a.example/",
        "events": ("check.failed",),
        "created_at": MOMENT,
    }
    return Webhook(**{**usual, **fields})


def test_a_webhook_is_shown_without_its_secret() -> None:
    message = webhook_message(a_webhook())
    assert message == webhook_service_pb2.Webhook(
        id="whk_1",
        url="https://a.example/",
        events=["check.failed"],
        created_at=message.created_at,
        updated_at=message.created_at,
        payload=webhook_service_pb2.WEBHOOK_PAYLOAD_FULL,
        signatures=["v1"],
        enabled=True,
    )
    assert message.created_at.ToDatetime(tzinfo=UTC) == MOMENT


def test_all_that_is_known_of_a_webhook_is_shown() -> None:
    moments = {
        name: MOMENT + timedelta(hours=number)
        for number, name in enumerate(
            (
                *("updated_at", "disabled_at", "failing_since", "slowed_until"),
                "old_secret_signs_until",
            )
        )
    }
    message = webhook_message(
        a_webhook(
            **moments,
            description="x",
            fqdn="*.a.example",
            vantage_points=("eu-west-1",),
            payload=Payload.THIN,
            has_signing_key=True,
            header_names=("Authorization",),
            disabled_reason="failing",
        )
    )
    shown = {name: getattr(message, name).ToDatetime(tzinfo=UTC) for name in moments}
    assert shown == moments
    assert (message.enabled, message.disabled_reason) == (False, "failing")
    assert (message.description, message.fqdn) == ("x", "*.a.example")
    assert list(message.vantage_points) == ["eu-west-1"]
    assert message.payload == webhook_service_pb2.WEBHOOK_PAYLOAD_THIN
    assert list(message.signatures) == ["v1", "v1a"]
    assert list(message.header_names) == ["Authorization"]


@pytest.mark.parametrize(("action", "told"), [(Access.READ, "read"), (Access.ROTATED, "rotated")])
def test_who_asked_for_a_secret_is_told(action: Access, told: str) -> None:
    message = access_message(NotedAccess(action=action, at=MOMENT, key_id="key_1"))
    assert (message.action, message.key_id) == (told, "key_1")
    assert message.at.ToDatetime(tzinfo=UTC) == MOMENT


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
