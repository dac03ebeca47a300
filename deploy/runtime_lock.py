"""Prints the part of requirements.lock that a running service needs, for the image.

There is one lock. It names above each other who asked for what ("# via"), so what the services
need follows from the dependencies in pyproject.toml, with the same versions and the same hashes.
Usage: python runtime_lock.py pyproject.toml requirements.lock. Needs the standard library only.
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

_PIN: Final = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VIA: Final = re.compile(r"\s+#(?: via|  )\s+(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)")


def runtime_lock(pyproject: str, lock: str) -> str:
    """Return the blocks of the lock that the dependencies of the project need, in their order."""
    blocks = _blocks(lock)
    wanted = {_normalised(name) for name in _asked_for(pyproject)}
    missing = wanted - blocks.keys()
    if missing:
        raise LookupError(f"requirements.lock lacks {', '.join(sorted(missing))}; run make lock")
    while more := {name for name, block in blocks.items() if _parents(block) & wanted} - wanted:
        wanted |= more
    return "".join(block for name, block in blocks.items() if name in wanted)


def _asked_for(pyproject: str) -> list[str]:
    dependencies = tomllib.loads(pyproject)["project"]["dependencies"]
    return [found[0] for text in dependencies if (found := _NAME.match(text))]


def _blocks(lock: str) -> dict[str, str]:
    """Return each pin with its hashes and its comment, by the package's name."""
    blocks: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        pin = _PIN.match(line)
        name = _normalised(pin["name"]) if pin else name
        if name:
            blocks[name] = blocks.get(name, "") + line
    return blocks


def _parents(block: str) -> set[str]:
    found = (_VIA.match(line) for line in block.splitlines())
    return {_normalised(via["name"]) for via in found if via}


def _normalised(name: str) -> str:
    """Return a package name in the form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    project_file, lock_file = (Path(argument) for argument in sys.argv[1:3])
    sys.stdout.write(runtime_lock(project_file.read_text("utf-8"), lock_file.read_text("utf-8")))
