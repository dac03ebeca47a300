from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.errors import InvalidRequest
from services.scheduler.domain.cursor import Position, cursor_text, position_in

KEY = b"k" * 32
POSITION = Position(
    created_at=datetime(2026, 4, 21, 10, 0, 0, 123456, tzinfo=UTC),
    check_id="chk_01k3z9v7m2q8r4t6w8y0abcdef",
)
CURSOR = cursor_text(POSITION, account_id="acc_1", key=KEY)


def refused(text: str, *, account_id: str = "acc_1", key: bytes = KEY) -> bool:
    with pytest.raises(InvalidRequest) as refusal:
        position_in(text, account_id=account_id, key=key)
    return refusal.value.field == "cursor"


def test_a_cursor_carries_its_position_to_the_microsecond() -> None:
    assert CURSOR.startswith("cur_")
    assert position_in(CURSOR, account_id="acc_1", key=KEY) == POSITION


def test_no_letter_of_a_cursor_can_be_changed() -> None:
    for place in range(len(CURSOR)):
        for letter in "Aa9_":
            if CURSOR[place] != letter:
                assert refused(CURSOR[:place] + letter + CURSOR[place + 1 :])


def test_a_cursor_of_another_account_or_key_is_refused() -> None:
    assert refused(CURSOR, account_id="acc_2")
    assert refused(CURSOR, key=b"x" * 32)


@pytest.mark.parametrize(
    "text", ["cur_", "cur_xyz789", "xyz", CURSOR + "=", CURSOR + "A", CURSOR[:-1], "cur_é", " cur_"]
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    assert refused(text)


@given(st.text(max_size=300))
def test_any_text_is_refused_without_a_defect(text: str) -> None:
    assert refused(f"cur_{text}")
