from google.protobuf.timestamp_pb2 import Timestamp

from outscope.v1 import webhook_service_pb2
from services.gateway.schemas.request import validated
from services.gateway.schemas.webhook import RotationRequest, WebhookChange, WebhookRequest
from services.gateway.translate.webhook import (
    change_message,
    changed_webhook,
    created_webhook,
    rotated_secret,
    rotation_message,
    secret_representation,
    webhook_list,
    webhook_message,
    webhook_representation,
)
from services.gateway.webhook_examples import CHANGE_EXAMPLE, WEBHOOK_EXAMPLE

MOMENT = Timestamp(seconds=1_776_765_600)
TOLD = "2026-04-21T10:00:00Z"


def a_webhook(**fields: object) -> webhook_service_pb2.Webhook:
    usual: dict[str, object] = {
        "id": "whk_1",
        "url": "https://a.test",
        "events": ["check.failed"],
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "enabled": True,
    }
    return webhook_service_pb2.Webhook(**{**usual, **fields})  # type: ignore[arg-type]  # any field


def test_url_and_events_are_carried_over() -> None:
    message = webhook_message(validated(WebhookRequest, WEBHOOK_EXAMPLE))
    assert message == webhook_service_pb2.CreateWebhookRequest(
        url="https://your-app.com/webhook",
        events=["check.completed", "check.failed"],
        payload=webhook_service_pb2.WEBHOOK_PAYLOAD_FULL,
        signatures=["v1"],
    )


def test_all_that_may_be_set_is_carried_over() -> None:
    asked = {name: value for name, value in CHANGE_EXAMPLE.items() if name != "enabled"}
    message = webhook_message(validated(WebhookRequest, {**WEBHOOK_EXAMPLE, **asked}))
    assert message == webhook_service_pb2.CreateWebhookRequest(
        url="https://your-app.com/webhook",
        events=["check.*"],
        description="The shop's deployment board",
        fqdn="*.example.com",
        vantage_points=["eu-west-1"],
        payload=webhook_service_pb2.WEBHOOK_PAYLOAD_THIN,
        signatures=["v1", "v1a"],
        headers={"Authorization": "Bearer 4f2c"},
    )


def test_a_change_names_what_the_body_has_and_nothing_else() -> None:
    message = change_message("whk_1", validated(WebhookChange, {"enabled": False, "fqdn": None}))
    assert list(message.update_mask.paths) == ["enabled", "fqdn"]
    assert (message.id, message.enabled, message.fqdn) == ("whk_1", False, "")
    assert not change_message("whk_1", validated(WebhookChange, {})).update_mask.paths


def test_a_change_of_all_is_carried_over() -> None:
    message = change_message("whk_1", validated(WebhookChange, CHANGE_EXAMPLE))
    assert set(message.update_mask.paths) == set(CHANGE_EXAMPLE)
    assert message.payload == webhook_service_pb2.WEBHOOK_PAYLOAD_THIN
    assert list(message.events) == ["check.*"]
    assert list(message.vantage_points) == ["eu-west-1"]
    assert list(message.signatures) == ["v1", "v1a"]
    assert dict(message.headers) == {"Authorization": "Bearer 4f2c"}
    assert (message.description, message.fqdn) == ("The shop's deployment board", "*.example.com")


def test_a_webhook_is_shown_with_null_for_what_it_has_not() -> None:
    assert webhook_representation(a_webhook()) == {
        "id": "whk_1",
        "url": "https://a.test",
        "events": ["check.failed"],
        "description": "",
        "fqdn": None,
        "vantage_points": [],
        "payload": "full",
        "signatures": ["v1"],
        "header_names": [],
        "enabled": True,
        "disabled_reason": None,
        "disabled_at": None,
        "failing_since": None,
        "slowed_until": None,
        "old_secret_signs_until": None,
        "unreadable": [],
        "created_at": TOLD,
        "updated_at": TOLD,
    }


def test_a_disabled_webhook_tells_why_and_since_when() -> None:
    told = webhook_representation(
        a_webhook(
            enabled=False,
            disabled_reason="failing",
            disabled_at=MOMENT,
            failing_since=MOMENT,
            slowed_until=MOMENT,
            old_secret_signs_until=MOMENT,
            payload=webhook_service_pb2.WEBHOOK_PAYLOAD_THIN,
            signatures=["v1", "v1a"],
            header_names=["Authorization"],
            fqdn="*.example.com",
            vantage_points=["eu-west-1"],
            description="x",
        )
    )
    assert (told["enabled"], told["disabled_reason"]) == (False, "failing")
    moments = ("disabled_at", "failing_since", "slowed_until", "old_secret_signs_until")
    assert {name: told[name] for name in moments} == dict.fromkeys(moments, TOLD)  # type: ignore[literal-required]  # each of them
    assert (told["payload"], told["signatures"]) == ("thin", ["v1", "v1a"])
    assert (told["header_names"], told["fqdn"]) == (["Authorization"], "*.example.com")
    assert (told["vantage_points"], told["description"]) == (["eu-west-1"], "x")


def test_a_webhook_of_a_scheduler_that_tells_less_is_enabled() -> None:
    older = webhook_service_pb2.Webhook(id="whk_1", created_at=MOMENT)
    told = webhook_representation(older)
    assert (told["enabled"], told["updated_at"]) == (True, TOLD)


def test_a_created_webhook_shows_its_secret() -> None:
    answer = webhook_service_pb2.CreateWebhookResponse(webhook=a_webhook(), secret="whsec_x")
    assert created_webhook(answer) == {**webhook_representation(a_webhook()), "secret": "whsec_x"}


def test_a_warning_is_passed_on() -> None:
    answer = webhook_service_pb2.CreateWebhookResponse(warnings=["not there"])
    assert created_webhook(answer)["warnings"] == ["not there"]
    changed = webhook_service_pb2.UpdateWebhookResponse(warnings=["not there"])
    assert changed_webhook(changed)["warnings"] == ["not there"]
    assert "warnings" not in changed_webhook(webhook_service_pb2.UpdateWebhookResponse())


def test_a_page_tells_where_the_next_begins() -> None:
    page = webhook_service_pb2.ListWebhooksResponse(webhooks=[a_webhook()], next_cursor="cur_x")
    told = webhook_list(page)
    assert [each["id"] for each in told["data"]] == ["whk_1"]
    assert told["pagination"] == {"next_cursor": "cur_x", "has_more": True}
    last = webhook_list(webhook_service_pb2.ListWebhooksResponse())
    assert last["pagination"] == {"next_cursor": None, "has_more": False}


def test_a_rotation_is_asked_for_and_answered() -> None:
    message = rotation_message("whk_1", validated(RotationRequest, {"overlap_hours": 0}))
    assert message.HasField("overlap_hours")
    assert rotation_message("whk_1", validated(RotationRequest, {})).overlap_hours == 24
    answer = webhook_service_pb2.RotateWebhookSecretResponse(secret="whsec_n")
    assert rotated_secret(answer) == {"secret": "whsec_n", "old_secret_signs_until": None}
    answer.old_secret_signs_until.CopyFrom(MOMENT)
    assert rotated_secret(answer)["old_secret_signs_until"] == TOLD


def test_a_secret_is_shown_with_who_asked_for_it() -> None:
    answer = webhook_service_pb2.GetWebhookSecretResponse(
        secret="whsec_x",
        accesses=[
            webhook_service_pb2.SecretAccess(action="read", at=MOMENT, key_id="key_1"),
            webhook_service_pb2.SecretAccess(action="rotated", at=MOMENT, key_id="key_2"),
        ],
    )
    assert secret_representation(answer) == {
        "secret": "whsec_x",
        "accesses": [
            {"action": "read", "at": TOLD, "key_id": "key_1"},
            {"action": "rotated", "at": TOLD, "key_id": "key_2"},
        ],
    }
