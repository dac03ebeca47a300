"""What is told of a process that ran to its end."""

import os
import sys

from bench.children import finished

MIB = 1024 * 1024


async def test_what_a_child_held_is_not_what_its_parent_held() -> None:
    block = bytearray(os.urandom(1)) * (256 * MIB)
    ended = await finished(
        [sys.executable, "-c", "import time; x = bytearray(40 << 20); time.sleep(0.5)"],
        cores=frozenset(os.sched_getaffinity(0)),
    )
    assert len(block) == 256 * MIB
    assert 40 * MIB <= ended.peak_bytes < 200 * MIB
