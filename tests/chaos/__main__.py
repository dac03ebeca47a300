"""Breaks a running system at random while it works, and counts what came of it.

`python -m tests.chaos [--faults N] [--seed S]`. The same seed draws the same faults in the same
order; which request meets which fault is up to the machine. Ends with 0 when every promise held.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.run import Run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="0, the default: drawn and printed")
    parser.add_argument("--keep", type=Path, help="keep logs and stores in this new folder")
    asked = parser.parse_args(arguments)
    seed = asked.seed or random.SystemRandom().randrange(1, 1_000_000)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="outscope-chaos-") as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        findings = asyncio.run(Run(folder=folder, seed=seed, faults=asked.faults).whole())
    for finding in findings:
        say(f"BROKEN  {finding}")
    taken = f"{time.monotonic() - began:.0f} s"
    say(f"{len(findings)} broken promises, {asked.faults} faults, seed {seed}, {taken}")
    return 1 if findings else 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
