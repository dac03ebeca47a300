import subprocess
import sys

from services.prober.heap import free_bodies_at_once

# Bodies come and go, and between them what lasts: how much more is held afterwards, in KiB.
PROGRAM = """
from pathlib import Path
from services.prober.heap import free_bodies_at_once

def resident_kib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

free_bodies_at_once()
before = resident_kib()
bodies, lasting = [], []
for _ in range(500):
    bodies.append(b"x" * 65_536)
    lasting.append(bytearray(1_000))
del bodies
print(resident_kib() - before)
"""


def test_what_bodies_held_is_given_back_though_other_things_last() -> None:
    if not free_bodies_at_once():  # another C library than glibc
        return
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, timeout=30
    )
    assert int(done.stdout) < 16_000  # all of the 32,000 that they held, without
