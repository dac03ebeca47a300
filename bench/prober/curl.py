"""curl -Z on the same targets: both ports, TLS verified, GET / on both, many at once.

It asks DNS for A and AAAA anew for each port, four questions where the others make two: it is told
the address of the first. Where it cannot be made to ask the targets' server it is told both, since
Debian's cannot be told a resolver, and has for free the look-ups that the others make.
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


async def curl_rate(
    targets: Targets,
    names: Sequence[str],
    concurrency: int,
    folder: Path,
    lookups: Sequence[str] = (),
) -> Rate:
    """Request every name's two ports once, on the measured core.

    Lookups is what before a command has it look names up.
    """
    config = folder / "curl.txt"
    told = targets.ports[:1] if lookups else targets.ports
    config.write_text("next\n".join(_requests(targets, name, told) for name in names))
    options = ["--parallel", "--parallel-immediate", "--parallel-max", str(concurrency)]
    command = [*lookups, "curl", *options]
    ended = await finished([*command, "--config", str(config)], cores=MEASURED_CORE)
    return Rate(
        hosts=len(names),
        cpu_s=ended.cpu_s,
        elapsed_s=ended.elapsed_s,
        peak_bytes=ended.peak_bytes,
    )


def _requests(targets: Targets, name: str, told: Sequence[int]) -> str:
    """Return the requests for a name, whose address is told for some of its ports."""
    plain, encrypted = targets.ports
    resolved = "".join(f"resolve = {name}:{port}:{targets.names[name]}\n" for port in told)
    return (
        f"silent\nfail\ncacert = {targets.ca_file}\n{resolved}"
        f"url = http://{name}:{plain}/\noutput = /dev/null\n"
        f"url = https://{name}:{encrypted}/\noutput = /dev/null\n"
    )
