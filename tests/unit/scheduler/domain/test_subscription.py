import json
from dataclasses import replace

import pytest

from services.scheduler.domain.subscription import Event, covers, disabled_event, fits, wants
from services.scheduler.domain.webhook import DisabledReason, Subscriber

SUBSCRIBER = Subscriber(webhook_id="whk_1", account_id="acc_a", events=("check.completed",))
EVENT = Event(
    account_id="acc_a",
    type="check.completed",
    subject_id="chk_1",
    fqdn="www.example.com",
    vantage_points=("eu-west-1",),
)


@pytest.mark.parametrize(
    ("pattern", "event_type", "is_fit"),
    [
        ("*", "check.completed", True),
        ("*", "webhook.disabled", True),
        ("check.*", "check.failed", True),
        ("check.*", "checks.failed", False),
        ("check.*", "check", False),
        ("check.*", "webhook.disabled", False),
        ("check.failed", "check.failed", True),
        ("check.failed", "check.failed.again", False),
        ("check", "check.failed", False),
    ],
)
def test_a_pattern_is_all_a_prefix_or_a_name(
    pattern: str, event_type: str, *, is_fit: bool
) -> None:
    assert fits(pattern, event_type) is is_fit


@pytest.mark.parametrize(
    ("filtered", "fqdn", "is_covered"),
    [
        (None, "a.example", True),
        ("a.example", "a.example", True),
        ("a.example", "b.a.example", False),
        ("*.a.example", "b.a.example", True),
        ("*.a.example", "c.b.a.example", True),
        ("*.a.example", "a.example", False),
        ("*.a.example", "ba.example", False),
    ],
)
def test_a_filter_is_a_name_or_all_below_one(
    filtered: str | None, fqdn: str, *, is_covered: bool
) -> None:
    assert covers(filtered, fqdn) is is_covered


@pytest.mark.parametrize(
    ("change", "is_wanted"),
    [
        ({}, True),
        ({"account_id": "acc_b"}, False),
        ({"events": ("check.failed", "webhook.*")}, False),
        ({"events": ("check.failed", "check.*")}, True),
        ({"fqdn": "*.example.com"}, True),
        ({"fqdn": "example.com"}, False),
        ({"vantage_points": ("us-east-1",)}, False),
        ({"vantage_points": ("us-east-1", "eu-west-1")}, True),
    ],
)
def test_a_check_is_told_where_everything_fits(
    change: dict[str, object], *, is_wanted: bool
) -> None:
    assert wants(replace(SUBSCRIBER, **change), EVENT) is is_wanted  # type: ignore[arg-type]  # any


def test_filters_say_nothing_of_what_is_not_of_a_check() -> None:
    filtered = replace(SUBSCRIBER, events=("*",), fqdn="a.example", vantage_points=("us-east-1",))
    told = Event(account_id="acc_a", type="webhook.disabled", subject_id="evt_1", detail="{}")
    assert wants(filtered, told)


def test_a_disabled_webhook_is_told_to_the_others() -> None:
    event = disabled_event(
        event_id="evt_1",
        account_id="acc_a",
        webhook_id="whk_1",
        url="https://a.example/",
        reason=DisabledReason.FAILING,
    )
    listening = replace(SUBSCRIBER, events=("webhook.disabled",))
    assert not wants(listening, event)
    assert wants(replace(listening, webhook_id="whk_2"), event)
    assert json.loads(event.detail or "") == {
        "webhook_id": "whk_1",
        "url": "https://a.example/",
        "disabled_reason": "failing",
    }
