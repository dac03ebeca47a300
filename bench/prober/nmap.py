"""nmap on the same targets: connect scans of both ports, certificate and title by its scripts.

It is told addresses, since it looks names up by the system's resolver only, and does not verify the
certificates.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.children import MEASURED_CORE, finished
from bench.prober.rate import Rate
from bench.targets.serving import Targets

_OPTIONS: Final = ("-n", "-Pn", "-sT", "-T5", "--script", "ssl-cert,http-title", "-oX", "-")
# What it says of a port whose page was read.
_TITLE: Final = b'<script id="http-title" output="A small site"'


def nmap_program() -> str | None:
    """Return where nmap is, if it is installed."""
    return shutil.which("nmap")


async def nmap_rate(
    program: str, targets: Targets, names: Sequence[str], concurrency: int, folder: Path
) -> Rate:
    """Scan every name's address once, on the measured core."""
    addresses = folder / "nmap.txt"
    addresses.write_text("\n".join(targets.names[name] for name in names))
    command = [program, *_OPTIONS, "-p", ",".join(map(str, targets.ports)), "-iL", str(addresses)]
    hostgroup = str(min(concurrency, len(names)))
    ended = await finished([*command, "--min-hostgroup", hostgroup], cores=MEASURED_CORE)
    seen = ended.stdout.count(_TITLE)
    if seen != len(names) * len(targets.ports):
        raise RuntimeError(f"nmap read {seen} pages of {len(names)} hosts")
    return Rate(
        hosts=len(names),
        cpu_s=ended.cpu_s,
        elapsed_s=ended.elapsed_s,
        peak_bytes=ended.peak_bytes,
    )
