"""Runs the benchmarks named, or all: prints a table and writes results.json."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from bench import create, e2e, load, soak
from bench import list as listing
from bench.measurement import Measurement, as_json, as_table
from bench.mode import QUICK, Mode, mode_from
from bench.prober import compare
from outscope.config import Environment

Measure = Callable[[Mode, Path], Awaitable[list[Measurement]]]

BENCHMARKS: Final[Mapping[str, Measure]] = {
    "prober": compare.measure,
    "create": create.measure,
    "e2e": e2e.measure,
    "list": listing.measure,
    "load": load.measure,
    "soak": soak.measure,
}
# Takes about ten minutes: only when it is named, or briefly.
_LONG: Final = frozenset({"soak"})
_RESULTS: Final = Path(__file__).with_name("results.json")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--output", type=Path, default=_RESULTS, help="default: %(default)s")
    parsed = parser.parse_args()
    unknown = set(parsed.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(BENCHMARKS)}")
    measurements = asyncio.run(_measured(parsed.names or _all(mode_from(Environment()))))
    print(as_table(measurements))
    parsed.output.write_text(as_json(measurements))


def _all(mode: Mode) -> list[str]:
    return [name for name in BENCHMARKS if mode is QUICK or name not in _LONG]


async def _measured(names: Sequence[str]) -> list[Measurement]:
    mode = mode_from(Environment())
    measurements: list[Measurement] = []
    for name in names:
        sys.stderr.write(f"bench {name} ...\n")
        with tempfile.TemporaryDirectory(prefix="outscope-bench-") as folder:
            measurements += await BENCHMARKS[name](mode, Path(folder))
    return measurements


if __name__ == "__main__":
    main()
