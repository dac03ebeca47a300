"""Pure modules reach nothing of the world, and know only what they may.

import-linter holds the same contract for plain imports. This adds what it cannot say: the packages
that importing a module runs on the way, parts of the standard library such as http.client, and
the exact list of what observe, judge and domain know of their own service.
"""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.conftest import Plant
from tests.architecture.tree import PRODUCT, Module, Tree

PURE: Final = re.compile(
    r"outscope\.(apikey|errors|failures|fqdn|limits)"
    r"|outscope\.representation(\..*)?"
    r"|outscope\.\w+\.(policy|subjects)"
    r"|services\.\w+\.(domain|judge|schemas|translate)(\..*)?"
    r"|services\.\w+\.(facts|payload|retry|signature)"
)
IMPURE: Final = (
    *("asyncio", "concurrent", "multiprocessing", "selectors", "signal", "subprocess"),
    *("os", "pathlib", "shutil", "socket", "ssl", "sys", "tempfile", "threading"),
    *("random", "time", "http.client", "http.server", "urllib.request"),
    *("aiohttp", "dns", "grpc", "grpc_status", "httpx", "nats", "OpenSSL"),
    *("psycopg", "psycopg_pool", "requests", "starlette", "urllib3", "uvicorn", "uvloop"),
)
GENERATED: Final = "outscope.v1"

# What a layer may import of the project; everything else of it is out of its sight.
KNOWS: Final = {
    "services.prober.judge": ("services.prober.judge", "services.prober.facts", "outscope."),
    "services.prober.observe": ("services.prober.observe", "services.prober.facts", "outscope."),
    "services.prober.facts": ("outscope.",),
    "services.scheduler.domain": ("services.scheduler.domain", "outscope."),
    "services.scheduler.store": (
        "services.scheduler.store",
        "services.scheduler.domain",
        "outscope.",
    ),
}


def imported_modules(tree: Tree, module: Module) -> Iterator[str]:
    """Yield what importing a module runs: what it names, and the packages on the way there."""
    for _, name in module.imports():
        target = name if name in tree.modules else name.rpartition(".")[0] or name
        if name.split(".")[0] not in PRODUCT:
            yield name
            continue
        yield target
        parts = target.split(".")
        yield from (".".join(parts[:depth]) for depth in range(1, len(parts)))


def impure(name: str) -> bool:
    return any(name == bad or name.startswith(f"{bad}.") for bad in IMPURE)


def ways_to_the_world(tree: Tree, start: Module) -> Iterator[str]:
    """Yield one chain of imports for each way from a module to something impure."""
    seen = {start.name}
    waiting = [(start, start.name)]
    while waiting:
        module, chain = waiting.pop()
        for name in imported_modules(tree, module):
            if impure(name):
                yield f"{chain} -> {name}"
            elif name in tree.modules and name not in seen:
                seen.add(name)
                waiting.append((tree.modules[name], f"{chain} -> {name}"))


def pure_modules(tree: Tree) -> list[Module]:
    return [module for module in tree.below(*PRODUCT) if PURE.fullmatch(module.name)]


def impurities(tree: Tree) -> list[str]:
    return [way for module in pure_modules(tree) for way in sorted(ways_to_the_world(tree, module))]


def sights(tree: Tree) -> list[str]:
    """Return what a layer imports beyond what it may know."""
    return [
        f"{module.path}:{line}: {name}"
        for layer, known in KNOWS.items()
        for module in tree.below(*PRODUCT)
        if module.name == layer or module.name.startswith(f"{layer}.")
        for line, name in module.imports()
        if name.split(".")[0] in PRODUCT and not name.startswith(known)
    ]


def stubs_in_sight(tree: Tree) -> list[str]:
    return [
        f"{module.path}:{line}: {name}"
        for module in tree.below(*PRODUCT)
        if module.name.startswith(tuple(KNOWS))
        for line, name in module.imports()
        if name.startswith((GENERATED, "google."))
    ]


def test_pure_modules_reach_nothing_of_the_world(repository: Tree) -> None:
    assert impurities(repository) == []


def test_the_pure_modules_of_the_design_are_found(repository: Tree) -> None:
    found = {module.name for module in pure_modules(repository)}
    assert {
        "outscope.errors",
        "outscope.netguard.policy",
        "outscope.bus.subjects",
        "services.gateway.schemas",
        "services.gateway.translate",
        "services.scheduler.domain",
        "services.prober.facts",
        "services.prober.judge",
        "services.notifier.payload",
        "services.notifier.signature",
        "services.notifier.retry",
    } <= found


def test_each_layer_knows_only_what_it_may(repository: Tree) -> None:
    assert sights(repository) == []


def test_generated_stubs_stay_out_of_facts_judge_observe_domain_and_store(
    repository: Tree,
) -> None:
    assert stubs_in_sight(repository) == []


@pytest.mark.parametrize(
    "source",
    [
        "import os.path",
        "from time import monotonic",
        "import http.client",
        "from urllib.request import urlopen",
        "from outscope.telemetry import logs",
        "from outscope.bus.subjects import REPORTS",
    ],
)
def test_a_way_to_the_world_is_found_also_through_other_modules(plant: Plant, source: str) -> None:
    tree = plant(
        {
            "services/prober/judge/kind.py": source,
            "outscope/telemetry/__init__.py": "",
            "outscope/telemetry/logs.py": "import sys",
            "outscope/bus/__init__.py": "import nats",
            "outscope/bus/subjects.py": "REPORTS = 'reports'",
        }
    )
    found = [way for way in impurities(tree) if way.startswith("services.")]
    assert len(found) == 1


def test_what_computes_only_is_pure(plant: Plant) -> None:
    source = "import re\nfrom http import HTTPStatus\nfrom urllib.parse import urlsplit\n"
    assert impurities(plant({"services/prober/judge/kind.py": source})) == []


def test_a_look_past_the_facts_is_found(plant: Plant) -> None:
    tree = plant(
        {
            "services/prober/judge/kind.py": "from services.prober.observe import tls",
            "services/prober/observe/tls.py": "from services.prober.facts import TlsFacts",
            "services/prober/facts.py": "from outscope.v1 import facts_pb2",
            "services/scheduler/domain/path.py": "from ..store import checks",
        }
    )
    assert sights(tree) == [
        "services/prober/judge/kind.py:1: services.prober.observe.tls",
        "services/scheduler/domain/path.py:1: services.scheduler.store.checks",
    ]
    assert stubs_in_sight(tree) == ["services/prober/facts.py:1: outscope.v1.facts_pb2"]
