from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from outscope.errors import InvalidRequest
from outscope.netguard.policy import Policy
from outscope.v1 import webhook_service_pb2
from services.scheduler.domain.webhook import Payload
from services.scheduler.domain.webhook_settings import WebhookChange, WebhookSettings
from services.scheduler.translate.webhook_settings import (
    CHANGEABLE,
    Surroundings,
    change_asked,
    normalised_request,
    settings_asked,
)

AROUND = Surroundings(policy=Policy(), vantage_points=("eu-west-1", "us-east-1"))
ALL: dict[str, Any] = {
    "url": " https://a.example/ ",
    "events": ["check.*", "check.*"],
    "description": "x",
    "fqdn": "*.A.example.",
    "vantage_points": ["eu-west-1", "eu-west-1"],
    "payload": webhook_service_pb2.WEBHOOK_PAYLOAD_THIN,
    "signatures": ["v1a"],
    "headers": {"X-Team": "shop"},
}


def create(**fields: Any) -> webhook_service_pb2.CreateWebhookRequest:  # noqa: ANN401 - any field
    return webhook_service_pb2.CreateWebhookRequest(**fields)


def change(**fields: Any) -> webhook_service_pb2.UpdateWebhookRequest:  # noqa: ANN401 - any field
    mask = FieldMask(paths=list(fields))
    return webhook_service_pb2.UpdateWebhookRequest(id="whk_1", update_mask=mask, **fields)


def test_settings_are_normalised() -> None:
    settings = settings_asked(create(**ALL), AROUND)
    assert settings == WebhookSettings(
        url="https://a.example/",
        events=("check.*",),
        description="x",
        fqdn="*.a.example",
        vantage_points=("eu-west-1",),
        payload=Payload.THIN,
        signs_v1a=True,
        headers={"X-Team": "shop"},
    )
    assert settings_asked(normalised_request(settings), AROUND) == settings


def test_what_is_as_usual_is_one_message_with_what_was_left_out() -> None:
    """A key that was used before there was more to set stands for the same request after."""
    documented = create(url="https://a.example/", events=["check.failed"])
    spelt_out = create(
        url="https://a.example/",
        events=["check.failed"],
        payload=webhook_service_pb2.WEBHOOK_PAYLOAD_FULL,
        signatures=["v1"],
    )
    for request in (documented, spelt_out):
        assert normalised_request(settings_asked(request, AROUND)) == documented


@pytest.mark.parametrize("name", ALL)
def test_each_setting_makes_another_request(name: str) -> None:
    other: dict[str, Any] = {
        "url": "https://b.example/",
        "events": ["*"],
        "description": "y",
        "fqdn": "a.example",
        "vantage_points": [],
        "payload": 0,
        "signatures": [],
        "headers": {"X-Team": "ops"},
    }
    one = normalised_request(settings_asked(create(**ALL), AROUND))
    two = normalised_request(settings_asked(create(**{**ALL, name: other[name]}), AROUND))
    assert one != two


def test_a_change_of_all_is_what_is_stored() -> None:
    asked = change_asked(change(**ALL, enabled=False), AROUND)
    assert asked == WebhookChange(
        columns={
            "url": "https://a.example/",
            "events": ["check.*"],
            "description": "x",
            "fqdn": "*.a.example",
            "vantage_points": ["eu-west-1"],
            "payload": "thin",
        },
        signs_v1a=True,
        headers={"X-Team": "shop"},
        enabled=False,
    )


def test_what_the_mask_does_not_name_is_not_looked_at() -> None:
    request = change(url="ftp://", events=["none"], payload=9)
    request.update_mask.CopyFrom(FieldMask(paths=["enabled"]))
    assert change_asked(request, AROUND) == WebhookChange(enabled=False)
    request.update_mask.Clear()
    assert change_asked(request, AROUND) == WebhookChange()


def test_every_field_of_a_request_but_its_id_and_mask_can_be_changed() -> None:
    fields = set(webhook_service_pb2.UpdateWebhookRequest.DESCRIPTOR.fields_by_name)
    assert set(CHANGEABLE) == fields - {"id", "update_mask"}
    created = set(webhook_service_pb2.CreateWebhookRequest.DESCRIPTOR.fields_by_name)
    assert set(CHANGEABLE) == created | {"enabled"}


@pytest.mark.parametrize("path", ["secret", "id", "url.host", ""])
def test_what_cannot_be_changed_is_named_with_what_can(path: str) -> None:
    request = webhook_service_pb2.UpdateWebhookRequest(update_mask=FieldMask(paths=[path]))
    with pytest.raises(InvalidRequest, match="url, events") as refusal:
        change_asked(request, AROUND)
    assert (refusal.value.field, refusal.value.value) == ("update_mask", path)


def test_a_payload_that_is_none_is_refused() -> None:
    for checked in (
        lambda: settings_asked(create(url="https://a.example/", events=["*"], payload=7), AROUND),
        lambda: change_asked(change(payload=7), AROUND),
    ):
        with pytest.raises(InvalidRequest) as refusal:
            checked()
        assert (refusal.value.field, refusal.value.value) == ("payload", 7)
