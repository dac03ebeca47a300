"""Prints what the image holds, as CycloneDX: the locked libraries and the packages of its base.

Usage: python bill_of_materials.py runtime.lock debian.txt, where the latter has a name and a
version a line, as dpkg-query prints them. Needs the standard library only.
Source: https://cyclonedx.org/docs/1.6/json/.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

_PIN: Final = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)", re.MULTILINE
)


def bill_of_materials(lock: str, debian: str) -> str:
    """Return the document; each component has the purl that scanners look it up by."""
    libraries = [
        _component("pypi", found["name"], found["version"]) for found in _PIN.finditer(lock)
    ]
    packages = [
        _component("deb/debian", *line.split(maxsplit=1))
        for line in debian.splitlines()
        if line.strip()
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "outscope"}},
        "components": [*libraries, *packages],
    }
    return json.dumps(document, indent=2) + "\n"


def _component(kind: str, name: str, version: str) -> dict[str, Any]:
    purl = f"pkg:{kind}/{quote(name.lower())}@{quote(version, safe='')}"
    return {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


if __name__ == "__main__":
    lock_file, debian_file = (Path(argument) for argument in sys.argv[1:3])
    sys.stdout.write(
        bill_of_materials(lock_file.read_text("utf-8"), debian_file.read_text("utf-8"))
    )
