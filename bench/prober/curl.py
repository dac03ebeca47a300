"""curl -Z on the same targets: both ports, TLS verified, GET / on both, many at once.

curl is told every address, since Debian's cannot be told a resolver: it has for free the look-ups
that the others make.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.children import MEASURED_CORE, finished
from bench.prober.rate import Rate
from bench.targets.serving import Targets


def curl_is_here() -> bool:
    """Tell whether there is a curl to compare with."""
    return shutil.which("curl") is not None


async def curl_rate(targets: Targets, names: Sequence[str], concurrency: int, folder: Path) -> Rate:
    """Request every name's two ports once, on the measured core."""
    config = folder / "curl.txt"
    config.write_text("next\n".join(_requests(targets, name) for name in names))
    command = ["curl", "--parallel", "--parallel-immediate", "--parallel-max", str(concurrency)]
    ended = await finished([*command, "--config", str(config)], cores=MEASURED_CORE)
    return Rate(
        hosts=len(names),
        cpu_s=ended.cpu_s,
        elapsed_s=ended.elapsed_s,
        peak_bytes=ended.peak_bytes,
    )


def _requests(targets: Targets, name: str) -> str:
    address = targets.names[name]
    plain, encrypted = targets.ports
    return (
        f"silent\nfail\ncacert = {targets.ca_file}\n"
        f"resolve = {name}:{plain}:{address}\nresolve = {name}:{encrypted}:{address}\n"
        f"url = http://{name}:{plain}/\noutput = /dev/null\n"
        f"url = https://{name}:{encrypted}/\noutput = /dev/null\n"
    )
