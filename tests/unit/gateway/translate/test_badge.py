import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from outscope.v1 import badge_service_pb2
from services.gateway.translate.badge import badge_svg, published_representation

CHECKED_AT = datetime(2026, 4, 21, 10, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
VERDICTS = badge_service_pb2.BadgeVerdict


def badge(
    verdict: badge_service_pb2.BadgeVerdict.ValueType = badge_service_pb2.BADGE_VERDICT_ANALYZABLE,
    fqdn: str = "example.com",
) -> badge_service_pb2.Badge:
    message = badge_service_pb2.Badge(fqdn=fqdn, verdict=verdict)
    message.checked_at.FromDatetime(CHECKED_AT)
    return message


def drawn(message: badge_service_pb2.Badge, **age: int) -> ET.Element:
    svg = badge_svg(message, CHECKED_AT + timedelta(**age))
    return ET.fromstring(svg)


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (badge_service_pb2.BADGE_VERDICT_ANALYZABLE, "analyzable"),
        (badge_service_pb2.BADGE_VERDICT_NOT_ANALYZABLE, "not analyzable"),
        (badge_service_pb2.BADGE_VERDICT_UNREACHABLE, "unreachable"),
        (badge_service_pb2.BADGE_VERDICT_UNKNOWN, "unknown"),
        (badge_service_pb2.BADGE_VERDICT_UNSPECIFIED, "unknown"),
        (99, "unknown"),
    ],
)
def test_each_verdict_is_said_in_words_and_in_the_title(
    verdict: badge_service_pb2.BadgeVerdict.ValueType, words: str
) -> None:
    svg = drawn(badge(verdict), hours=3)
    assert [text.text for text in svg.iter(f"{SVG}text")] == ["OutScope", words]
    told = f"example.com: {words}, checked 3 hours ago (2026-04-21T10:00:00Z)"
    assert svg.findtext(f"{SVG}title") == told
    assert (svg.get("role"), svg.get("aria-label")) == ("img", told)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        ({"seconds": -5}, "less than a minute"),
        ({"seconds": 59}, "less than a minute"),
        ({"seconds": 60}, "1 minute"),
        ({"minutes": 59}, "59 minutes"),
        ({"hours": 23, "minutes": 59}, "23 hours"),
        ({"days": 400}, "400 days"),
    ],
)
def test_the_age_is_told_in_its_largest_unit(age: dict[str, int], words: str) -> None:
    assert f"checked {words} ago" in (drawn(badge(), **age).get("aria-label") or "")


def test_a_name_without_a_check_that_counts_is_unknown_without_an_age() -> None:
    message = badge_service_pb2.Badge(
        fqdn="example.com", verdict=badge_service_pb2.BADGE_VERDICT_UNKNOWN
    )
    assert drawn(message).get("aria-label") == "example.com: unknown, no completed check"


@pytest.mark.parametrize("verdict", [1, 2, 3, 4])
def test_the_words_fit_their_boxes_and_can_be_read(
    verdict: badge_service_pb2.BadgeVerdict.ValueType,
) -> None:
    svg = drawn(badge(verdict))
    boxes = list(svg.iter(f"{SVG}rect"))
    texts = list(svg.iter(f"{SVG}text"))
    for box, text in zip(boxes, texts, strict=True):
        box_x, box_width = float(box.get("x", "")), float(box.get("width", ""))
        text_x, text_width = float(text.get("x", "")), float(text.get("textLength", ""))
        assert box_x < text_x < text_x + text_width < box_x + box_width
        assert 1.05 / (luminance(box.get("fill", "")) + 0.05) >= 4.5
    assert float(svg.get("width", "")) == sum(float(box.get("width", "")) for box in boxes)


def test_nothing_in_a_badge_is_loaded_or_run_and_a_name_is_text_only() -> None:
    svg = badge_svg(badge(fqdn='"><script>alert(1)</script>&\x00'), CHECKED_AT)
    assert {element.tag for element in ET.fromstring(svg).iter()} == {
        f"{SVG}{tag}" for tag in ("svg", "title", "rect", "g", "text")
    }
    assert not re.search(r"href|url\(|style|<script|\son\w+=", svg)


def test_a_published_name_is_told_with_where_its_badge_is() -> None:
    answer = badge_service_pb2.PublishBadgeResponse(fqdn="example.com")
    answer.published_at.FromDatetime(CHECKED_AT)
    assert published_representation(answer) == {
        "fqdn": "example.com",
        "published_at": "2026-04-21T10:00:00Z",
        "path": "/v1/badge/example.com.svg",
    }
