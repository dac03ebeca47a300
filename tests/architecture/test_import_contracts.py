"""The import contracts of pyproject.toml name modules that exist, and each of them can break.

`lint-imports` checks the repository itself; here it checks a small tree of the same layout in
which every contract is broken once.
"""

import re
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.architecture.tree import CLIENT_PACKAGE, PRODUCT, ROOT, Tree

OURS: Final = (*PRODUCT, CLIENT_PACKAGE)
LINT_IMPORTS: Final = Path(sysconfig.get_path("scripts")) / "lint-imports"

# One import, or a few, that each contract by its id forbids: importing module, what it imports.
BREACHES: Final = {
    "levels": [("outscope.ids", "services.prober.facts")],
    "deploy-starts-processes": [("deploy.local.stack", "services.prober.facts")],
    "services-apart": [("services.notifier.deliver", "services.prober.facts")],
    "pure": [("services.prober.judge.kind", "outscope.ids"), ("outscope.ids", "time")],
    "judge-reads": [("services.prober.judge.page", "pkgutil")],
    "postgres": [
        ("services.scheduler.rpc.checks", "psycopg"),
        ("services.scheduler.rpc.checks", "psycopg_pool"),
    ],
    "nats": [("services.prober.worker", "nats")],
    "traces": [("services.prober.worker", "opentelemetry")],
    "http-clients": [("services.gateway.routes.checks", "aiohttp")],
    "one-http-client": [("services.notifier.deliver", "httpx")],
    "stubs": [("services.scheduler.store.checks", "outscope.v1.check_pb2")],
    "gateway": [("services.gateway.translate.checks", "services.gateway.routes.checks")],
    "scheduler": [("services.scheduler.store.checks", "services.scheduler.loops.sweep")],
    "prober": [("services.prober.judge.kind", "services.prober.observe.tls")],
    "notifier": [("services.notifier.retry", "services.notifier.deliver")],
    "client-alone": [("outscope_client.checks", "services.prober.facts")],
    "client-unused": [("deploy.local.stack", "outscope_client")],
    "client-sans-io": [("outscope_client.exchange", "outscope_client.drive")],
    "client-http": [("outscope_client.checks", "httpx")],
    "no-cycles": [("outscope.ids", "outscope.clock"), ("outscope.clock", "outscope.ids")],
}


@pytest.fixture(scope="module")
def contracts() -> list[dict[str, Any]]:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: list[dict[str, Any]] = pyproject["tool"]["importlinter"]["contracts"]
    return found


def modules_named(contract: dict[str, Any]) -> Iterator[str]:
    """Yield the expressions for modules of ours that a contract names, layers in full."""
    for key in ("source_modules", "forbidden_modules", "allowed_importers", "modules", "ancestors"):
        yield from contract.get(key, ())
    for layer in contract.get("layers", ()):
        for part in re.split(r"[|:]", layer):
            for container in contract.get("containers", ("",)):
                yield f"{container}.{part.strip()}".lstrip(".")


def matches(expression: str, tree: Tree) -> bool:
    """Tell whether a module expression, * for one part, names at least one module of ours."""
    pattern = re.compile(re.escape(expression).replace(r"\*", r"\w+"))
    return any(pattern.fullmatch(name) for name in tree.modules) or tree.has(
        expression.replace(".", "/")
    )


def plant_layout(root: Path, contracts: list[dict[str, Any]], imports: dict[str, str]) -> None:
    """Write an empty module for each one named by a contract or a breach, and the breaches."""
    named = {name for contract in contracts for name in modules_named(contract)}
    named |= {f"services.scheduler.{layer}" for layer in ("domain", "store")} | set(imports)
    named |= {imported for breaches in BREACHES.values() for _, imported in breaches}
    ours = {name for name in named if name.split(".")[0] in OURS and "*" not in name}
    # Deepest first, so that a package is a folder before its own source is written.
    for name in sorted(ours, key=lambda name: -name.count(".")):
        write_module(root, name, imports.get(name, ""))


def write_module(root: Path, name: str, source: str) -> None:
    parts = name.split(".")
    for depth in range(1, len(parts)):
        package = root.joinpath(*parts[:depth])
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
    own = root.joinpath(*parts)
    file = own / "__init__.py" if own.is_dir() else own.with_name(f"{own.name}.py")
    file.write_text(source, "utf-8")


def test_every_module_that_a_contract_names_exists(
    contracts: list[dict[str, Any]], repository: Tree
) -> None:
    ours = [
        name
        for contract in contracts
        for name in modules_named(contract)
        if name.split(".")[0] in OURS and not name.startswith("outscope.v1")
    ]
    assert [name for name in ours if not matches(name, repository)] == []


def test_a_breach_is_written_down_for_every_contract(contracts: list[dict[str, Any]]) -> None:
    assert {contract["id"] for contract in contracts} == BREACHES.keys()


def test_every_contract_can_break(contracts: list[dict[str, Any]], tmp_path: Path) -> None:
    imports: dict[str, str] = {}
    for breaches in BREACHES.values():
        for importer, imported in breaches:
            imports[importer] = imports.get(importer, "") + f"import {imported}\n"
    plant_layout(tmp_path, contracts, imports)
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    checked = subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    broken = set(re.findall(r"^(.*) BROKEN", checked.stdout, re.MULTILINE))
    assert broken == {contract["name"] for contract in contracts}, checked.stdout + checked.stderr
