from datetime import UTC, datetime

import pytest

from outscope.errors import InvalidRequest
from services.scheduler.domain.webhook import Webhook
from services.scheduler.domain.webhook_settings import (
    StoredWebhook,
    WebhookChange,
    WebhookSettings,
    checked_description,
    checked_filter,
    checked_overlap,
    checked_vantage_points,
    signs_v1a,
)

KNOWN = ("us-east-1", "eu-west-1")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", None),
        ("  ", None),
        ("Example.COM.", "example.com"),
        (" *.Example.com ", "*.example.com"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
    ],
)
def test_a_filter_is_a_name_or_all_below_one(text: str, name: str | None) -> None:
    assert checked_filter(text) == name


@pytest.mark.parametrize(
    "text", ["*", "*.", "*.*.example", "a.*.example", "*example.com", "https://a.example", "a b"]
)
def test_what_names_no_names_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        checked_filter(text)
    assert refusal.value.field == "fqdn"


def test_vantage_points_are_known_ones_each_once() -> None:
    assert checked_vantage_points(["eu-west-1", "us-east-1", "eu-west-1"], KNOWN) == (
        "eu-west-1",
        "us-east-1",
    )
    with pytest.raises(InvalidRequest, match="eu-west-1, us-east-1") as refusal:
        checked_vantage_points(["eu-west-1", "mars"], KNOWN)
    assert (refusal.value.field, refusal.value.value) == ("vantage_points[1]", "mars")
    with pytest.raises(InvalidRequest) as refusal:
        checked_vantage_points(["eu-west-1"] * 101, KNOWN)
    assert (refusal.value.field, refusal.value.value) == ("vantage_points", 101)


def test_a_description_has_lines_and_no_other_control_character() -> None:
    assert checked_description("Two\n\tlines ✓") == "Two\n\tlines ✓"
    assert checked_description("x" * 500) == "x" * 500
    for text in ("x" * 501, "\x00", "a\x1b[31m", "\x7f", "\ud800"):
        with pytest.raises(InvalidRequest) as refusal:
            checked_description(text)
        assert refusal.value.field == "description"


@pytest.mark.parametrize(
    ("asked", "told"),
    [([], False), (["v1"], False), (["v1a"], True), (["v1", "v1a", "v1a"], True)],
)
def test_v1_is_always_there_and_v1a_when_asked_for(asked: list[str], told: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert signs_v1a(asked) is told


def test_an_unknown_signature_is_named() -> None:
    with pytest.raises(InvalidRequest, match="v1, v1a") as refusal:
        signs_v1a(["v1", "v2"])
    assert (refusal.value.field, refusal.value.value) == ("signatures[1]", "v2")


def test_an_overlap_is_a_day_unless_told_and_at_most_a_week() -> None:
    assert [checked_overlap(hours) for hours in (None, 0, 1, 168)] == [24, 0, 1, 168]
    for hours in (169, -1):
        with pytest.raises(InvalidRequest) as refusal:
            checked_overlap(hours)
        assert (refusal.value.field, refusal.value.value) == ("overlap_hours", hours)


def test_no_representation_shows_the_value_of_a_header() -> None:
    headers = {"Authorization": "Bearer secret"}
    settings = WebhookSettings(url="https://a.example/", events=("*",), headers=headers)
    change = WebhookChange(headers=headers)
    webhook = Webhook(
        id="whk_1",
        url="https://a.example/",
        events=("*",),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    stored = StoredWebhook(
        webhook=webhook,
        secret="a secret",
        old_secrets=("an old secret",),
        signing_key=None,
        headers='{"Authorization": "Bearer secret"}',
    )
    assert "Bearer" not in f"{settings!r} {change!r} {stored!r}"
