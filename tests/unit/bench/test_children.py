"""What is read of the processes measured."""

import os
import sys

from bench.children import finished, peak_bytes

MIB = 1024 * 1024


def test_the_peak_of_a_process_stays_when_its_memory_is_gone() -> None:
    block = bytearray(os.urandom(1)) * (64 * MIB)
    held = peak_bytes()
    del block
    assert peak_bytes() > held - MIB  # the system counts in steps
    assert held >= 64 * MIB


def test_a_process_that_has_ended_has_no_peak() -> None:
    assert peak_bytes(2**22 + 1) == 0


async def test_what_a_child_held_is_not_what_its_parent_held() -> None:
    block = bytearray(os.urandom(1)) * (256 * MIB)
    ended = await finished(
        [sys.executable, "-c", "import time; x = bytearray(40 << 20); time.sleep(0.5)"],
        cores=frozenset(os.sched_getaffinity(0)),
    )
    assert len(block) == 256 * MIB
    assert 40 * MIB <= ended.peak_bytes < 200 * MIB
