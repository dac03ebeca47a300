from itertools import pairwise

from services.scheduler.domain.events import ended_id, queued_id, stage_id


def test_ids_rise_through_the_life_of_a_check() -> None:
    life = [
        queued_id(1),
        stage_id(1, 1, 1),
        stage_id(1, 1, 63),
        # The job was handed out again: its stages are others.
        stage_id(1, 2, 1),
        stage_id(1, 5, 63),
        # The attempt was lost, or put off.
        queued_id(2),
        stage_id(2, 1, 1),
        ended_id(2),
    ]
    assert all(before < after for before, after in pairwise(life))
    assert queued_id(1) > 0


def test_no_stage_comes_after_the_end_or_the_next_attempt() -> None:
    assert stage_id(3, 1_000_000, 1_000_000) < ended_id(3) < queued_id(4)
    # An attempt is a smallint, and an id fits where the contract has it.
    assert ended_id(2**15 - 1) < 2**31
