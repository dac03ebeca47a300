"""Draws a badge: one SVG that loads nothing, runs nothing, and looks alike in every font.

Law: the pictures of two badges with the same words have the same size; each text is drawn to a
fixed width, whatever letters there are to draw it with.
Source: SVG 2 (textLength, https://www.w3.org/TR/SVG2/text.html).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from outscope.representation.moments import rfc3339
from outscope.v1 import badge_service_pb2
from services.gateway.html import Html, element
from services.gateway.schemas.badge import BadgeList, BadgeListQuery, PublishedBadge

_LABEL: Final = "OutScope"
_LABEL_PX: Final = 56
_PADDING_PX: Final = 7
_HEIGHT_PX: Final = 20
_FONT: Final = "Verdana,DejaVu Sans,Geneva,sans-serif"
_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_UNITS_S: Final = (("day", 86_400), ("hour", 3600), ("minute", 60))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Face:
    words: str
    # Of the words, as drawn.
    width_px: int
    # White on each has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3).
    colour: str


_UNKNOWN: Final = _Face(words="unknown", width_px=54, colour="#5b6470")
_FACES: Final[Mapping[int, _Face]] = {
    badge_service_pb2.BADGE_VERDICT_ANALYZABLE: _Face(
        words="analyzable", width_px=64, colour="#146c2e"
    ),
    badge_service_pb2.BADGE_VERDICT_NOT_ANALYZABLE: _Face(
        words="not analyzable", width_px=90, colour="#b3261e"
    ),
    badge_service_pb2.BADGE_VERDICT_UNREACHABLE: _Face(
        words="unreachable", width_px=74, colour="#7a4b00"
    ),
}


def badge_svg(badge: badge_service_pb2.Badge, now: datetime) -> str:
    """Return the picture; what it means, and how old that is, is its title."""
    face = _FACES.get(badge.verdict, _UNKNOWN)  # of a newer scheduler, too
    told = _told(badge, face, now)
    left, right = (px + 2 * _PADDING_PX for px in (_LABEL_PX, face.width_px))
    return str(
        element(
            "svg",
            element("title", told),
            _box(0, left, "#2b3036"),
            _box(left, right, face.colour),
            element(
                "g",
                _text(_LABEL, _PADDING_PX, _LABEL_PX),
                _text(face.words, left + _PADDING_PX, face.width_px),
                fill="#fff",
                font_family=_FONT,
                font_size="11",
                aria_hidden="true",
            ),
            xmlns=_NAMESPACE,
            width=str(left + right),
            height=str(_HEIGHT_PX),
            role="img",
            aria_label=told,
        )
    )


def published_representation(
    answer: badge_service_pb2.PublishBadgeResponse | badge_service_pb2.PublishedBadge,
) -> PublishedBadge:
    """Return what the account is told that publishes a name."""
    return {
        "fqdn": answer.fqdn,
        "published_at": rfc3339(answer.published_at),
        "path": f"/v1/badge/{answer.fqdn}.svg",
    }


def badge_list_message(query: BadgeListQuery) -> badge_service_pb2.ListBadgesRequest:
    """Return the query as the scheduler's message."""
    return badge_service_pb2.ListBadgesRequest(page_size=query.limit, cursor=query.cursor)


def badge_list(page: badge_service_pb2.ListBadgesResponse) -> BadgeList:
    """Return a page of published names."""
    return {
        "data": [published_representation(badge) for badge in page.badges],
        "pagination": {
            "next_cursor": page.next_cursor or None,
            "has_more": bool(page.next_cursor),
        },
    }


def _told(badge: badge_service_pb2.Badge, face: _Face, now: datetime) -> str:
    if not badge.HasField("checked_at"):
        return f"{badge.fqdn}: {face.words}, no completed check"
    age = _age(now - badge.checked_at.ToDatetime(UTC))
    return f"{badge.fqdn}: {face.words}, checked {age} ago ({rfc3339(badge.checked_at)})"


def _age(age: timedelta) -> str:
    """Return an age in its largest whole unit; a check from the future is new."""
    seconds = max(0, int(age.total_seconds()))
    for unit, length_s in _UNITS_S:
        count = seconds // length_s
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def _box(x: int, width: int, colour: str) -> Html:
    return element("rect", x=str(x), width=str(width), height=str(_HEIGHT_PX), fill=colour)


def _text(words: str, x: int, width: int) -> Html:
    return element(
        "text", words, x=str(x), y="14", textLength=str(width), lengthAdjust="spacingAndGlyphs"
    )
