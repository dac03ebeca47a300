from deploy.local.backoff import Backoff


def test_pauses_double_from_a_fifth_of_a_second_to_ten() -> None:
    backoff = Backoff()
    assert [backoff.after(lived_s=0.1) for _ in range(8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]


def test_a_process_that_lived_for_half_a_minute_is_started_again_at_once() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after(lived_s=1)
    assert backoff.after(lived_s=29.9) == 6.4
    assert backoff.after(lived_s=30) == 0.2
    assert backoff.after(lived_s=1) == 0.4
