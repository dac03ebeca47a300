import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.clocks import Clocks

READ = """
import datetime, sys, time
for _ in sys.stdin:
    print(time.time(), datetime.datetime.now(datetime.UTC).timestamp(), time.monotonic())
    sys.stdout.flush()
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_the_wall_clock_of_one_process_is_stepped_and_no_other(tmp_path: Path) -> None:
    clocks = Clocks.built(tmp_path / "clocks")
    with subprocess.Popen(
        [sys.executable, "-c", READ],
        env={**os.environ, **clocks.settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def read() -> list[float]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            return [float(word) for word in process.stdout.readline().split()]

        before = read()
        assert clocks.step(process.pid, -3600)
        after = read()
        process.stdin.close()
    for wall in (0, 1):
        assert after[wall] - before[wall] == pytest.approx(-3600, abs=60)
    assert 0 <= after[2] - before[2] < 60


def test_a_process_that_is_not_prepared_is_not_stepped(tmp_path: Path) -> None:
    assert not Clocks(folder=tmp_path, library=None).step(os.getpid(), 60)
    assert Clocks(folder=tmp_path, library=None).settings == {}
