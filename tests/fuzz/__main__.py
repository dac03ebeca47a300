"""Fuzzes every parser for a bounded time, or feeds one of them a single input again.

`python -m tests.fuzz [--seconds S] [--runs R] [--seed N] [NAME …]` fuzzes; `python -m tests.fuzz
NAME FILE` reproduces. With a seed a fresh clone draws the same inputs each time, up to the number
of runs or as far as its time reaches.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.fuzz.target import module_of, target_in, target_names

# Git-ignored: inputs found earlier, from which the next run goes on, and those that broke a target.
FOLDER: Final = Path(".fuzz")
_ONE_INPUT_S: Final = 10
_MEMORY_MB: Final = 1024
_OURS_S: Final = 60.0
_RUNS: Final = re.compile(r"^stat::number_of_executed_units: *(\d+)$", re.MULTILINE)
_NO_ATHERIS: Final = (
    "make fuzz needs atheris, which has wheels for Linux on x86-64 and Python 3.11 to 3.14 only."
)
_USAGE_ERROR: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; return the exit code."""
    asked = _parser().parse_args(arguments)
    names = tuple(asked.names)
    if len(names) == 2 and Path(names[1]).is_file():
        target_in(module_of(names[0])).check(Path(names[1]).read_bytes())
        return _say(f"{names[0]}: the input passes")
    unknown = sorted(set(names) - set(target_names()))
    if unknown:
        _say(f"no such target: {', '.join(unknown)}; there are: {', '.join(target_names())}")
        return _USAGE_ERROR
    if find_spec("atheris") is None:
        _say(_NO_ATHERIS)
        return _USAGE_ERROR
    broken = [
        name
        for name in names or target_names()
        if not fuzz(
            module_of(name), seconds=asked.seconds, folder=FOLDER, seed=asked.seed, runs=asked.runs
        )
    ]
    return 1 if broken else _say("every parser held")


def fuzz(module: str, *, seconds: int, folder: Path, seed: int = 0, runs: int = -1) -> bool:
    """Fuzz the target in a module; tell how it went, and return whether it held.

    Seed 0 draws other inputs each time. It ends after `runs` inputs, -1 being any number.
    """
    name = module.rpartition(".")[2]
    corpus, crashes = folder / "corpus" / name, folder / "crashes"
    for each in (corpus, crashes):
        each.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(target_in(module).seeds):
        (corpus / f"seed-{number}").write_bytes(first)
    known = set(crashes.iterdir())
    started = time.monotonic()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.fuzz.one", module, str(corpus)),
            *(f"-max_total_time={seconds}", f"-timeout={_ONE_INPUT_S}", f"-seed={seed}"),
            f"-runs={runs}",
            *(f"-rss_limit_mb={_MEMORY_MB}", "-print_final_stats=1"),
            f"-artifact_prefix={crashes}/{name}-",
        ],
        check=False,
        capture_output=True,
        env=os.environ | ({"PYTHONHASHSEED": str(seed)} if seed else {}),
        timeout=seconds + _OURS_S,
    )
    told = (done.stdout + done.stderr).decode(errors="replace")
    told_runs = _RUNS.search(told)
    taken = f"{time.monotonic() - started:5.1f} s"
    if done.returncode == 0 and told_runs is not None:
        _say(f"{name:<18}{taken} {int(told_runs[1]):>10,} runs")
        return True
    _say(f"{name:<18}{taken}  BROKEN\n\n{_trace_in(done)}")
    for path in sorted(set(crashes.iterdir()) - known):
        _say(f"reproduce: {sys.executable} -m tests.fuzz {name} {path}\n")
    return False


def _trace_in(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return the exception's trace; of anything else the last lines, such as of an overlong run."""
    trace = done.stdout.decode(errors="replace").strip()
    return trace[-4000:] or done.stderr.decode(errors="replace")[-2000:]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="for each target")
    parser.add_argument("--runs", type=int, default=-1, help="for each target; -1: no limit")
    parser.add_argument("--seed", type=int, default=0, help="0, the default: another each time")
    parser.add_argument("names", nargs="*", help="targets, all by default; or one and a file")
    return parser


def _say(line: str) -> int:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
