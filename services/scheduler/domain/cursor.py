"""A page's place in a list, as the opaque text cur_… that a caller hands back.

It carries the time and id of the last check shown, and a MAC over both and the account, so that
nothing but what we gave out is accepted, and by nobody but whom we gave it to.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from outscope.errors import InvalidRequest

_PREFIX: Final = "cur_"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_BYTES: Final = 8
_MAC_BYTES: Final = 16
_MAX_CHARS: Final = 256
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The last check of a page; the next page begins after it."""

    created_at: datetime
    check_id: str


def cursor_text(position: Position, *, account_id: str, key: bytes) -> str:
    """Return the cursor of a position for one account."""
    micros = (position.created_at - _EPOCH) // timedelta(microseconds=1)
    place = micros.to_bytes(_TIME_BYTES, "big") + position.check_id.encode()
    return _text(place, account_id, key)


def position_in(text: str, *, account_id: str, key: bytes) -> Position:
    """Return the position a cursor carries, or raise InvalidRequest when it is not ours."""
    place = _place_in(text)
    # Comparing the whole text also refuses a second spelling of the same bytes.
    if place is None or not hmac.compare_digest(
        _text(place, account_id, key).encode(), text.encode("utf-8", "replace")
    ):
        raise InvalidRequest(
            "The cursor is not one of this list; take next_cursor from a page, unchanged",
            field="cursor",
            value=text,
        )
    micros = int.from_bytes(place[:_TIME_BYTES], "big")
    return Position(
        created_at=_EPOCH + timedelta(microseconds=micros), check_id=place[_TIME_BYTES:].decode()
    )


def _place_in(text: str) -> bytes | None:
    if not text.startswith(_PREFIX) or len(text) > _MAX_CHARS:
        return None
    body = text.removeprefix(_PREFIX)
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (ValueError, binascii.Error):
        return None
    return raw[:-_MAC_BYTES] if len(raw) > _TIME_BYTES + _MAC_BYTES else None


def _text(place: bytes, account_id: str, key: bytes) -> str:
    mac = hmac.digest(key, account_id.encode() + b"\0" + place, "sha256")[:_MAC_BYTES]
    return _PREFIX + base64.urlsafe_b64encode(place + mac).decode().rstrip("=")
