"""Many checks in flight, half of which never answer: what they hold, and what they cost the others.

The silent half begins first. When it has come to rest, all of it waiting, the other half begins at
once, and the time that takes is compared with the time it takes alone. Time limits are raised, so
that all of the silent ones are in flight to the end.
"""

import json
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Final

from bench.children import MEASURED_CORE, finished, module_command
from bench.measurement import Measurement
from bench.mode import Mode
from bench.prober.flight import Flight, Request
from bench.targets.names import silent_names
from bench.targets.serving import Targets, serving_targets
from bench.targets.silent import silent_listeners

_COMMAND: Final = "make bench B=prober"
_MIB: Final = 1024 * 1024


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return the memory of all checks in flight, and the slowdown of those that are answered."""
    half = mode.in_flight // 2
    async with serving_targets(half, folder) as targets:
        with silent_listeners(targets.ports):
            flights = [await _flight(targets, half, folder) for _ in range(mode.flights)]
    note = (
        f"{half} checks that are answered beside {half} that never are, "
        f"{min(flight.still_silent for flight in flights)} of these in flight to the end"
    )
    return [
        Measurement(
            name="prober.in_flight.memory_mb",
            value=max(flight.peak_bytes for flight in flights) / _MIB,
            unit="MiB",
            command=_COMMAND,
            runs=len(flights),
            note=f"{note}; the most that was resident",
        ),
        Measurement(
            name="prober.in_flight.slowdown",
            value=median(flight.beside_s for flight in flights),
            unit="s",
            command=_COMMAND,
            runs=len(flights),
            peer=median(flight.alone_s for flight in flights),
            note=f"{note}; beside the time the answered half takes alone",
        ),
    ]


async def _flight(targets: Targets, half: int, folder: Path) -> Flight:
    request = Request(
        answering=list(targets.names),
        silent=list(silent_names(half)),
        ports=list(targets.ports),
        resolver=list(targets.resolver),
        ca_file=str(targets.ca_file),
    )
    path = folder / "in_flight.json"
    path.write_text(json.dumps(asdict(request)))
    ended = await finished(module_command("bench.prober.flight", path), cores=MEASURED_CORE)
    return Flight(**json.loads(ended.stdout))
