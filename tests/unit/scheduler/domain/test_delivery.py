from datetime import UTC, datetime

import pytest

from services.scheduler.domain.delivery import (
    ATTEMPT_DELAYS_S,
    DELIVERY_TRANSITIONS,
    OPEN_DELIVERY_STATES,
    Attempt,
    DeliveryEvent,
    DeliveryJob,
    DeliveryState,
    delivery_state_after,
    delivery_states_accepting,
    jittered,
    lost_attempt,
    sequel_of,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def attempt(
    number: int = 1,
    *,
    status_code: int | None = None,
    error: str = "",
    retry_after_s: int | None = None,
) -> Attempt:
    return Attempt(
        delivery_id="dlv_1",
        attempt=number,
        attempted_at=NOW,
        duration_ms=10,
        status_code=status_code,
        error=error,
        retry_after_s=retry_after_s,
    )


@pytest.mark.parametrize("status_code", [200, 201, 204, 299])
def test_any_2xx_delivers(status_code: int) -> None:
    assert sequel_of(attempt(status_code=status_code), jitter=0.5).event is (
        DeliveryEvent.ATTEMPT_SUCCEEDED
    )


@pytest.mark.parametrize("status_code", [None, 199, 300, 302, 400, 404, 429, 500, 503])
def test_anything_else_is_tried_again(status_code: int | None) -> None:
    sequel = sequel_of(attempt(status_code=status_code, error="x"), jitter=0.5)
    assert sequel.event is DeliveryEvent.ATTEMPT_FAILED
    assert sequel.delay_s == 5.0


def test_an_endpoint_that_is_gone_disables_its_webhook() -> None:
    sequel = sequel_of(attempt(status_code=410), jitter=0.5)
    assert sequel.event is DeliveryEvent.GIVEN_UP
    assert sequel.disables_webhook


def test_a_target_refused_by_policy_is_not_tried_again() -> None:
    sequel = sequel_of(attempt(error="target_refused"), jitter=0.5)
    assert sequel.event is DeliveryEvent.GIVEN_UP
    assert not sequel.disables_webhook


def test_the_delays_between_ten_attempts_are_those_of_the_schedule() -> None:
    delays = [
        sequel_of(attempt(number, status_code=500), jitter=0.5).delay_s for number in range(1, 10)
    ]
    hour = 3600.0
    assert delays == [
        *(5.0, 300.0, 1800.0, 2 * hour, 5 * hour),
        *(10 * hour, 14 * hour, 20 * hour, 24 * hour),
    ]
    assert sequel_of(attempt(10, status_code=500), jitter=0.5).event is DeliveryEvent.GIVEN_UP
    assert len(ATTEMPT_DELAYS_S) == 10


def test_a_delay_is_moved_by_a_fifth_at_most() -> None:
    assert jittered(100.0, 0.0) == pytest.approx(80.0)
    assert jittered(100.0, 1.0) == pytest.approx(120.0)


def test_retry_after_is_honoured_up_to_a_day_and_never_hurries_us() -> None:
    def delay_s(retry_after_s: int) -> float:
        told = attempt(2, status_code=429, retry_after_s=retry_after_s)
        return sequel_of(told, jitter=0.5).delay_s

    assert delay_s(1) == 300.0
    assert delay_s(600) == 600.0
    assert delay_s(10**9) == 24 * 3600.0


def test_an_attempt_nobody_reported_is_tried_again_like_one_that_failed() -> None:
    lost = lost_attempt("dlv_1", 3, NOW)
    assert sequel_of(lost, jitter=0.5).delay_s == 1800.0
    assert (lost.attempt, lost.error, lost.status_code) == (3, "attempt_lost", None)


def test_an_event_leads_to_one_state_from_wherever_it_is_accepted() -> None:
    for (state, event), after in DELIVERY_TRANSITIONS.items():
        assert delivery_state_after(event) is after
        assert state in delivery_states_accepting(event)


def test_a_state_that_is_neither_open_nor_held_accepts_only_a_replay() -> None:
    final = set(DeliveryState) - set(OPEN_DELIVERY_STATES) - {DeliveryState.HELD}
    accepted = {(state, event) for state, event in DELIVERY_TRANSITIONS if state in final}
    assert accepted == {(state, DeliveryEvent.REPLAYED) for state in final}
    assert set(delivery_states_accepting(DeliveryEvent.JOB_PUBLISHED)) == set(OPEN_DELIVERY_STATES)


def test_each_attempt_has_a_message_id_of_its_own() -> None:
    assert DeliveryJob(delivery_id="dlv_1", attempt=2).message_id == "dlv_1-2"
    again = DeliveryJob(delivery_id="dlv_1", attempt=2, replays=3)
    assert again.message_id == "dlv_1-2-3"
