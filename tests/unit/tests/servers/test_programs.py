from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers import programs
from tests.servers.programs import environment, missing
from tests.servers.server import servers

(FILES,) = [server for server in servers() if server.name == "http_server"]


def test_what_the_interpreter_has_is_never_missing() -> None:
    assert missing(FILES) is None


@pytest.mark.parametrize("source", ["pypi", "npm", "debian"])
def test_what_is_not_installed_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    for name in ("PYTHON", "NODE", "UNPACKED"):
        monkeypatch.setattr(programs, name, tmp_path / name)
    assert missing(replace(FILES, source=source, packages=("caddy",))) is not None


def test_a_server_finds_a_home_of_its_own_and_no_way_out(tmp_path: Path) -> None:
    own = environment(replace(FILES, environment={"NODE_ENV": "production"}), tmp_path)
    assert own["HOME"] == own["TMPDIR"] == str(tmp_path)
    assert own["HTTPS_PROXY"] == own["http_proxy"] == "http://127.0.0.1:9"
    assert own["NODE_ENV"] == "production"
    assert "LD_LIBRARY_PATH" not in own


def test_only_packages_of_debian_bring_libraries(tmp_path: Path) -> None:
    own = environment(replace(FILES, source="debian"), tmp_path)
    assert own["LD_LIBRARY_PATH"].startswith(str(programs.DEBIAN))
    assert own["PATH"].startswith(str(programs.DEBIAN))
