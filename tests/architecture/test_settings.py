"""docs/configuration.md lists every setting of every service with its default, and no other."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from tests.architecture.conftest import Plant
from tests.architecture.tree import ROOT, Module, Tree

SETTING: Final = re.compile(r"OUTSCOPE_[A-Z_]+|DATABASE_URL|NATS_URL|VANTAGE_POINT")
SERVICES: Final = ("gateway", "scheduler", "prober", "notifier")
PAGE: Final = ROOT / "docs/configuration.md"
ROW: Final = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>[^|]*) \|", re.MULTILINE)
REQUIRED: Final = "required"
NOTHING: Final = "—"
# The ways to read a setting that has no default unless one is given.
REQUIRING: Final = frozenset({"text", "vantage_point"})


def settings_read(module: Module) -> dict[str, str | None]:
    """Return each setting a module reads with its default, or None when that is no literal."""
    found: dict[str, str | None] = {}
    for name, default in readings(module):
        found[name] = default if found.get(name) in {None, REQUIRED, default} else None
    return found


def readings(module: Module) -> Iterator[tuple[str, str | None]]:
    for node in module.nodes:
        if not isinstance(node, ast.Call):
            continue
        for position, argument in enumerate(node.args):
            if isinstance(argument, ast.Constant) and SETTING.fullmatch(str(argument.value)):
                yield str(argument.value), default_of(node, position)


def default_of(call: ast.Call, position: int) -> str | None:
    """Return the default that stands after the name in a call such as text(NAME, DEFAULT)."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if position + 1 < len(call.args):
        following = call.args[position + 1]
        return as_written(following.value) if isinstance(following, ast.Constant) else None
    return REQUIRED if method in REQUIRING else None


def as_written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def documented(page: str, service: str) -> dict[str, str]:
    """Return name and default of each row below a service's heading, the shared ones included."""
    rows: dict[str, str] = {}
    for heading in ("Every service", service.capitalize()):
        section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        rows |= {row["name"]: row["default"].strip().strip("`") for row in ROW.finditer(section)}
    return rows


def test_every_setting_of_every_service_is_documented(repository: Tree) -> None:
    page = PAGE.read_text("utf-8")
    shared = documented(page, "Every service").keys()
    for service in SERVICES:
        read = settings_read(repository.modules[f"services.{service}.config"]).keys()
        written = documented(page, service).keys()
        assert (service, sorted(read - written)) == (service, [])
        assert (service, sorted(written - read - shared)) == (service, [])


def test_every_documented_default_is_the_one_in_the_code(repository: Tree) -> None:
    page = PAGE.read_text("utf-8")
    for service in SERVICES:
        read = settings_read(repository.modules[f"services.{service}.config"])
        written = documented(page, service)
        known = {name: default for name, default in read.items() if default}
        assert {name: written[name] for name in known} == known


def test_what_every_service_is_told_is_documented_with_its_defaults(repository: Tree) -> None:
    shared = documented(PAGE.read_text("utf-8"), "Every service")
    read = settings_read(repository.modules["outscope.config"])
    assert {name: default or NOTHING for name, default in read.items()} == shared


def test_every_option_of_the_one_machine_system_is_documented() -> None:
    section = PAGE.read_text("utf-8").partition("\n## One machine\n")[2]
    usage = subprocess.run(
        [sys.executable, "-m", "deploy.local", "--help"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    options = set(re.findall(r"^ +(?:-h, )?(--[a-z-]+)", usage, re.MULTILINE)) - {"--help"}
    assert options == set(re.findall(r"^\| `(--[a-z-]+)`", section, re.MULTILINE))


def test_a_setting_is_read_with_its_default(plant: Plant) -> None:
    source = (
        "a = env.text('NATS_URL', 'nats://x')\nb = env.text('OUTSCOPE_SERVICE_TOKEN')\n"
        "c = env.integer('OUTSCOPE_RATE_LIMIT', 600, minimum=0)\n"
        "d = env.networks('OUTSCOPE_NETS')\ne = optional(env, 'OUTSCOPE_LISTEN')\n"
        "f = env.seconds('OUTSCOPE_DRAIN', 20.0)\ng = env.vantage_point('VANTAGE_POINT')\n"
    )
    module = plant({"services/prober/config.py": source}).modules["services.prober.config"]
    assert settings_read(module) == {
        "NATS_URL": "nats://x",
        "OUTSCOPE_SERVICE_TOKEN": "required",
        "OUTSCOPE_RATE_LIMIT": "600",
        "OUTSCOPE_NETS": None,
        "OUTSCOPE_LISTEN": None,
        "OUTSCOPE_DRAIN": "20",
        "VANTAGE_POINT": "required",
    }


def test_a_row_belongs_to_the_heading_above_it() -> None:
    sections = {"Every service": "`A` | `1`", "Prober": "`B` | required", "Other": "`C` | 2"}
    page = "".join(f"\n## {title}\n\n| {row} | why |\n" for title, row in sections.items())
    assert documented(page, "prober") == {"A": "1", "B": "required"}
