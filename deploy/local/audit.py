"""Audits the system that runs from a data folder, or the one that the environment names.

`make audit` runs it: python -m deploy.local.audit [--data DIR] and the options of the audit itself.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.local.options import Variables
from deploy.local.program import REPOSITORY

_UNREACHABLE: Final = 2
_SETTINGS: Final = ("DATABASE_URL", "NATS_URL")


def main(arguments: Sequence[str]) -> int:
    """Run the audit; returns its exit status, 2 also when no system is named."""
    variables = Variables().all()
    parser = argparse.ArgumentParser(prog="python -m deploy.local.audit", description=__doc__)
    parser.add_argument(
        "--data", metavar="DIR", default=variables.get("OUTSCOPE_DATA", ".outscope")
    )
    asked, options = parser.parse_known_args(arguments)
    addresses = {each: variables[each] for each in _SETTINGS if variables.get(each)}
    if "DATABASE_URL" not in addresses:
        folder = Path(asked.data).absolute()
        running = addresses_in(folder)
        if running is None:
            sys.stderr.write(
                f"No system runs from {folder} (make run starts one), and DATABASE_URL is not set\n"
            )
            return _UNREACHABLE
        addresses = {**running, **addresses}
    command = [sys.executable, "-m", "services.scheduler", "audit", *options]
    ended = subprocess.run(command, cwd=REPOSITORY, env={**variables, **addresses}, check=False)
    return ended.returncode


def addresses_in(folder: Path) -> Mapping[str, str] | None:
    """Return the settings that lead to the system running from a folder, or None without one."""
    try:
        endpoints = json.loads((folder / "endpoints.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    addresses = {"DATABASE_URL": endpoints["postgres"], "NATS_URL": endpoints["nats"]}
    return {**addresses, **endpoints.get("tls", {})}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
