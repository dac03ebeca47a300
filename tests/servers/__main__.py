"""Installs, starts, checks and explains real servers: `python -m tests.servers [name …]`.

For those who add a server or look into a verdict; `make real-verdicts` is what has to pass.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.servers.checking import explained, run
from tests.servers.installing import install
from tests.servers.server import servers


def main(names: Sequence[str]) -> int:
    """Check the servers of these names, all without any; return the exit code."""
    chosen = [server for server in servers() if not names or server.name in names]
    for line in install(servers()):
        sys.stdout.write(f"cannot be had: {line}\n")
    with tempfile.TemporaryDirectory() as folder:
        ended = asyncio.run(run(chosen, Path(folder)))
    for result in ended.results:
        mark = "WRONG" if result.differences else "right"
        sys.stdout.write(f"{mark} {result}\n")
        sys.stdout.writelines(f"{line}\n" for line in explained(result))
    for name, why in (*ended.broken.items(), *ended.skipped.items()):
        sys.stdout.write(f"not checked: {name}: {why}\n")
    return 1 if ended.broken or any(result.differences for result in ended.results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
