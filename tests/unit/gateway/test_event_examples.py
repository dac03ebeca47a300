from services.gateway.event_examples import CHECK_EVENTS, DISABLED_EVENT, TEST_EVENT


def test_the_check_of_an_event_has_ended_as_the_event_says() -> None:
    for status, examples in CHECK_EVENTS.items():
        for example in examples.values():
            assert isinstance(example, dict)
            assert example["type"] == f"check.{status}"
            assert example["data"]["status"] == status


def test_what_a_thin_event_tells_is_part_of_what_the_full_one_does() -> None:
    thin, full = (CHECK_EVENTS["completed"][name] for name in ("thin", "full"))
    assert isinstance(thin, dict)
    assert isinstance(full, dict)
    assert thin["data"].items() < full["data"].items()


def test_other_events_are_of_webhooks() -> None:
    for example in (DISABLED_EVENT, TEST_EVENT):
        assert example["type"].startswith("webhook.")
        assert example["data"]["webhook_id"].startswith("whk_")
