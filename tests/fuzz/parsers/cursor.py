"""A cursor and an API key as callers hand them in: ours to the letter, or refused."""

from datetime import UTC, datetime

from outscope.apikey import is_well_formed, key_hash
from outscope.errors import InvalidRequest
from services.scheduler.domain.cursor import KEY_BYTES, Position, cursor_text, position_in
from tests.fuzz.target import Target

_KEY_CHARS = 42
_HASH_BYTES = 32
_KEY = b"k" * KEY_BYTES
_POSITION = Position(created_at=datetime(2026, 4, 21, 10, tzinfo=UTC), check_id="chk_1")
_CURSOR = cursor_text(_POSITION, account_id="acc_1", key=_KEY).encode()


def check(noise: bytes) -> None:
    """Read noise as a cursor and as a key."""
    text = noise.decode(errors="surrogateescape")
    for given in (text, f"cur_{text}"):
        _read(given)
    if is_well_formed(text):
        assert len(text) == _KEY_CHARS
        assert text.isascii()
        assert len(key_hash(text)) == _HASH_BYTES


def _read(text: str) -> None:
    try:
        position = position_in(text, account_id="acc_1", key=_KEY)
    except InvalidRequest as refusal:
        assert refusal.field == "cursor"
        return
    assert cursor_text(position, account_id="acc_1", key=_KEY) == text


TARGET = Target(
    check=check,
    seeds=(_CURSOR, _CURSOR + b"=", b"cur_", b"svc_" + b"0" * 38, "cur_é".encode()),
    max_bytes=300,
)
