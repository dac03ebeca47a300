from services.scheduler.domain.dead_letter import reason_of


def test_the_reason_has_a_line_for_each_attempt() -> None:
    assert reason_of(("silent", "unreadable")) == "1. silent\n2. unreadable"
    assert reason_of(()) == ""
