"""What an answer means for the next attempt."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.limits import MAX_RETRY_AFTER_S
from services.notifier.retry import DeliveryError, error_for_status, retry_after_s, shown_text

NOW = datetime(2026, 4, 21, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status_code", "error"),
    [
        (200, DeliveryError.NONE),
        (204, DeliveryError.NONE),
        (299, DeliveryError.NONE),
        (301, DeliveryError.REDIRECT),
        (308, DeliveryError.REDIRECT),
        (400, DeliveryError.HTTP_STATUS),
        (410, DeliveryError.HTTP_STATUS),
        (429, DeliveryError.HTTP_STATUS),
        (503, DeliveryError.HTTP_STATUS),
        (199, DeliveryError.HTTP_STATUS),
        (999, DeliveryError.HTTP_STATUS),
    ],
)
def test_only_2xx_is_a_success(status_code: int, error: DeliveryError) -> None:
    assert error_for_status(status_code) is error


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("000120", 120),
        ("Tue, 21 Apr 2026 10:02:00 GMT", 120),
        ("Tuesday, 21-Apr-26 10:02:00 GMT", 120),
        ("Tue Apr 21 10:02:00 2026", 120),
        ("Tue, 21 Apr 2026 09:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_S),
        ("86401", MAX_RETRY_AFTER_S),
        ("9" * 5000, MAX_RETRY_AFTER_S),
    ],
)
def test_seconds_and_every_http_date_are_read_and_bounded(value: str, seconds: int) -> None:
    assert retry_after_s(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", "-1", "1.5", "٣", "1e3", "Tue, 21 Apr 2026 10:02:00 CET", "2026-04-21"],
)
def test_anything_else_asks_for_nothing(value: str | None) -> None:
    assert retry_after_s(value, NOW) is None


@given(st.integers(0, 10**12), st.integers(0, 50), st.sampled_from(["", " ", "\t"]))
def test_any_number_of_seconds_is_read_and_bounded(seconds: int, zeros: int, space: str) -> None:
    value = space + "0" * zeros + str(seconds) + space
    assert retry_after_s(value, NOW) == min(seconds, MAX_RETRY_AFTER_S)


@given(
    st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31, 23, 59, 59)),  # noqa: DTZ001 - as hypothesis takes them
    st.sampled_from(["%a, %d %b %Y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"]),
)
def test_any_date_in_a_form_with_four_digits_is_that_many_seconds_away(
    moment: datetime, form: str
) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    away_s = int((moment - NOW).total_seconds())
    assert retry_after_s(moment.strftime(form), NOW) == min(max(0, away_s), MAX_RETRY_AFTER_S)


@given(st.datetimes(datetime(1969, 1, 1), datetime(2068, 12, 31)))  # noqa: DTZ001 - as above
def test_any_date_with_two_digits_of_its_year_is_too(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    away_s = int((moment - NOW).total_seconds())
    value = moment.strftime("%A, %d-%b-%y %H:%M:%S GMT")
    assert retry_after_s(value, NOW) == min(max(0, away_s), MAX_RETRY_AFTER_S)


@given(st.text(max_size=60))
def test_any_text_asks_for_nothing_or_for_a_bearable_wait(value: str) -> None:
    seconds = retry_after_s(value, NOW)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b"It is full.\r\n\tLater.", "It is full.\r\n\tLater."),
        ("Añil — “x”".encode(), "Añil — “x”"),
        (b"\xff\x00ok\x1b[31m", "\ufffd\ufffdok\ufffd[31m"),
        ("cut ñ".encode()[:-1], "cut \ufffd"),
        ("turned \u202e".encode(), "turned \ufffd"),
    ],
)
def test_what_is_no_text_in_an_answer_is_replaced(body: bytes, text: str) -> None:
    assert shown_text(body) == text
