"""promtool: of this machine, or of Debian's package prometheus, unpacked below .outscope."""

import shutil
from pathlib import Path

import pytest

from tests.servers.installing import InstallError, install_debian
from tests.servers.programs import DEBIAN

_WITHOUT = "there is no promtool, and no package prometheus could be had by apt-get"


@pytest.fixture(scope="session")
def promtool() -> Path:
    found = shutil.which("promtool")
    if found is not None:
        return Path(found)
    unpacked = DEBIAN / "usr/bin/promtool"
    if not unpacked.exists():
        try:
            install_debian(["prometheus"])
        except InstallError as error:
            pytest.skip(f"{_WITHOUT}: {error}")
    if not unpacked.exists():
        pytest.skip(_WITHOUT)
    return unpacked
