"""Runs the benchmarks named, or all: prints a table and writes results.json."""

import argparse
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import uvloop

from bench import create, e2e, load, soak
from bench import list as listing
from bench.growth import compare as growth
from bench.measurement import Measurement, as_json, as_table
from bench.mode import QUICK, Mode, mode_from
from bench.notify import compare as notify
from bench.notify import isolation
from bench.prober import compare
from outscope.config import Environment

Measure = Callable[[Mode, Path], Awaitable[list[Measurement]]]

BENCHMARKS: Final[Mapping[str, Measure]] = {
    "prober": compare.measure,
    "create": create.measure,
    "e2e": e2e.measure,
    "list": listing.measure,
    "load": load.measure,
    "notify": notify.measure,
    "isolation": isolation.measure,
    "soak": soak.measure,
    "growth": growth.measure,
}
# Take up to ten minutes: only when it is named, or briefly.
_LONG: Final = frozenset({"soak", "isolation"})
_RESULTS: Final = Path(__file__).with_name("results.json")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--output", type=Path, default=_RESULTS, help="default: %(default)s")
    parser.add_argument("--checks", type=int, metavar="N", help="how many checks growth ends with")
    parsed = parser.parse_args()
    unknown = set(parsed.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(BENCHMARKS)}")
    mode = _mode(parsed.checks)
    measurements = uvloop.run(_measured(mode, parsed.names or _all(mode)))
    print(as_table(measurements))
    parsed.output.write_text(as_json(measurements))


def _all(mode: Mode) -> list[str]:
    quick = mode.soak_checks == QUICK.soak_checks
    return [name for name in BENCHMARKS if quick or name not in _LONG]


def _mode(checks: int | None) -> Mode:
    mode = mode_from(Environment())
    return mode if checks is None else replace(mode, many_checks=checks)


async def _measured(mode: Mode, names: Sequence[str]) -> list[Measurement]:
    measurements: list[Measurement] = []
    for name in names:
        sys.stderr.write(f"bench {name} ...\n")
        with tempfile.TemporaryDirectory(prefix="outscope-bench-") as folder:
            measurements += await BENCHMARKS[name](mode, Path(folder))
    return measurements


if __name__ == "__main__":
    main()
