from google.protobuf.timestamp_pb2 import Timestamp

from outscope.v1 import webhook_service_pb2
from services.gateway.schemas.request import validated
from services.gateway.schemas.webhook import WEBHOOK_EXAMPLE, WebhookRequest
from services.gateway.translate.webhook import created_webhook, webhook_message


def test_url_and_events_are_carried_over() -> None:
    message = webhook_message(validated(WebhookRequest, WEBHOOK_EXAMPLE))
    assert message.url == WEBHOOK_EXAMPLE["url"]
    assert list(message.events) == WEBHOOK_EXAMPLE["events"]


def test_a_created_webhook_shows_its_secret() -> None:
    answer = webhook_service_pb2.CreateWebhookResponse(
        webhook=webhook_service_pb2.Webhook(
            id="whk_1",
            url="https://a.test",
            events=["check.failed"],
            created_at=Timestamp(seconds=1_776_765_600),
        ),
        secret="whsec_x",
    )
    assert created_webhook(answer) == {
        "id": "whk_1",
        "url": "https://a.test",
        "events": ["check.failed"],
        "created_at": "2026-04-21T10:00:00Z",
        "secret": "whsec_x",
    }


def test_a_warning_is_passed_on() -> None:
    answer = webhook_service_pb2.CreateWebhookResponse(warnings=["not there"])
    assert created_webhook(answer)["warnings"] == ["not there"]
