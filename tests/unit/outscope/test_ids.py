import pytest

from outscope.ids import CHECK_PREFIX, WEBHOOK_PREFIX, earliest_id, is_id, is_request_id, new_id


def test_ids_of_later_times_sort_after_earlier_ones() -> None:
    ids = [new_id(CHECK_PREFIX, unix_ms) for unix_ms in (1, 2, 1_000_000, 1_795_000_000_000)]
    assert ids == sorted(ids)


def test_the_earliest_id_of_a_time_divides_what_was_made_before_from_what_was_not() -> None:
    boundary = earliest_id(CHECK_PREFIX, 1_795_000_000_000)
    assert new_id(CHECK_PREFIX, 1_794_999_999_999) < boundary
    assert boundary <= new_id(CHECK_PREFIX, 1_795_000_000_000)
    assert is_id(CHECK_PREFIX, boundary)


def test_an_id_is_its_time_and_chance_in_the_letters_of_a_ulid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The time is the one of the ULID specification's own example.
    monkeypatch.setattr("secrets.token_bytes", lambda count: bytes(range(1, count + 1)))
    assert new_id(CHECK_PREFIX, 1_469_918_176_385) == "chk_01aryz6s41041061050r3gg28a"


def test_ids_of_one_millisecond_differ() -> None:
    assert len({new_id(CHECK_PREFIX, 1_795_000_000_000) for _ in range(1000)}) == 1000


def test_a_new_id_is_an_id_of_its_prefix_only() -> None:
    made = new_id(CHECK_PREFIX, 1_795_000_000_000)
    assert is_id(CHECK_PREFIX, made)
    assert not is_id(WEBHOOK_PREFIX, made)


@pytest.mark.parametrize(
    "text",
    ["", "chk_", "chk_abc", "chk_" + "0" * 27, "chk_" + "u" * 26, "CHK_" + "0" * 26, "0" * 26],
)
def test_other_text_is_no_id(text: str) -> None:
    assert not is_id(CHECK_PREFIX, text)


@pytest.mark.parametrize("sent", ["a", "x" * 128, "!~", '{"a":1}', "req_01aryz6s41"])
def test_a_callers_own_request_id_is_kept(sent: str) -> None:
    assert is_request_id(sent)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "x" * 129,
        "a b",
        "a\n",
        "\na",
        "a\r\nb",
        "a\tb",
        "a\0",
        "a\x1b[31m",
        "a\x7f",
        "é",
        "a\u2028",
    ],
)
def test_one_that_would_break_a_line_or_has_no_bound_is_not(sent: str) -> None:
    assert not is_request_id(sent)
