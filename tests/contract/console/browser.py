"""Finds the browser that tests of the console drive; Debian's chromium, or CHROMIUM names one.

`python -m tests.contract.console.browser` is the first half of `make console-check`: it installs
chromium with apt-get when it is missing and that is allowed, and says what to do otherwise.
"""

import os
import shutil
import subprocess
import sys
from typing import Final

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_REMEDY: Final = (
    "The console is tested in a real browser, and none was found. Install Debian's as root "
    "(apt-get install chromium), or name one: CHROMIUM=/path/to/chromium make console-check"
)


class NoBrowserError(Exception):
    """There is none; the message says what to do."""


def chromium() -> str:
    """Return the path of a browser, or raise NoBrowserError."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise NoBrowserError(_REMEDY)
    return found


def install() -> str:
    """Return the path of a browser, which is installed if this may be done."""
    try:
        return chromium()
    except NoBrowserError:
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            raise
    for command in (("update",), ("install", "--yes", "--no-install-recommends", "chromium")):
        if subprocess.run(("apt-get", "--quiet=2", *command), check=False).returncode:
            raise NoBrowserError(_REMEDY)
    return chromium()


if __name__ == "__main__":
    try:
        install()
    except NoBrowserError as error:
        sys.exit(str(error))
