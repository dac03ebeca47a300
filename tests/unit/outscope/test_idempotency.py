import pytest

from outscope.errors import InvalidRequest
from outscope.idempotency import idempotency_key_in


def test_a_request_without_a_key_has_none() -> None:
    assert idempotency_key_in([]) is None


@pytest.mark.parametrize("key", ["1", "a" * 255, '"8e03978e-40d5"', "with a space", "~!"])
def test_a_key_is_taken_as_it_is_sent(key: str) -> None:
    assert idempotency_key_in([key]) == key


@pytest.mark.parametrize("key", ["", "a" * 256, "schlüssel", "tab\there", "line\n", "\x7f"])
def test_what_is_no_printable_ascii_or_too_long_is_refused_by_the_name_of_the_header(
    key: str,
) -> None:
    with pytest.raises(InvalidRequest, match="1 to 255 printable ASCII") as refused:
        idempotency_key_in([key])
    assert (refused.value.field, refused.value.value) == ("Idempotency-Key", key)


def test_two_keys_are_none() -> None:
    with pytest.raises(InvalidRequest, match="there are 2 of it"):
        idempotency_key_in(["a", "a"])
