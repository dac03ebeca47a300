"""What is read of the memory of processes."""

import os

from bench.memory import peak_bytes

MIB = 1024 * 1024


def test_the_peak_of_a_process_stays_when_its_memory_is_gone() -> None:
    block = bytearray(os.urandom(1)) * (64 * MIB)
    held = peak_bytes()
    del block
    assert peak_bytes() > held - MIB  # the system counts in steps
    assert held >= 64 * MIB


def test_a_process_that_has_ended_has_no_peak() -> None:
    assert peak_bytes(2**22 + 1) == 0
