"""Small habits a linter of one file at a time does not see.

Facts are frozen, every excuse to a checker has its reason, and the four services look alike.
"""

import ast
import re
from typing import Final

import pytest

from tests.architecture.conftest import Plant
from tests.architecture.test_purity import PURE
from tests.architecture.tree import EVERYTHING, PRODUCT, Tree, dotted

SERVICES: Final = ("gateway", "scheduler", "prober", "notifier")
FACT_LAYERS: Final = ("services/scheduler/domain", "services/prober/facts", "services/prober/judge")
FACT_KEYWORDS: Final = frozenset({"frozen", "slots", "kw_only"})

BARE_EXCUSE: Final = re.compile(r"#\s*(noqa(?!: ?[A-Z])|type: ?ignore(?!\[))", re.IGNORECASE)
EXCUSE: Final = re.compile(
    r"#\s*(?:noqa: ?[A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ?ignore\[[\w, -]+\])(?P<reason>.*)"
)
REASON: Final = re.compile(r"\s*(?:-|#|,|:)?\s*\S+\s+\S+")


def loose_facts(tree: Tree) -> list[str]:
    """Return the dataclasses of domain, facts and judge that are not frozen, slots and kw_only.

    A private one may be the working state of a single pass and change in it.
    """
    return [
        f"{module.path}:{node.lineno}: {node.name}"
        for module in tree.below(*PRODUCT)
        if module.path.startswith(FACT_LAYERS) and PURE.fullmatch(module.name)
        for node in module.nodes
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        for decorator in node.decorator_list
        if is_loose_dataclass(decorator)
    ]


def is_loose_dataclass(decorator: ast.expr) -> bool:
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    if dotted(call).split(".")[-1] != "dataclass":
        return False
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
    set_true = {
        keyword.arg
        for keyword in keywords
        if isinstance(keyword.value, ast.Constant) and keyword.value.value is True
    }
    return not set_true >= FACT_KEYWORDS


def unexplained_excuses(tree: Tree) -> list[str]:
    """Return each noqa and type: ignore that names no rule, or gives no reason beside it."""
    return [
        f"{module.path}:{number}: {line.strip()}"
        for module in tree.below(*EVERYTHING)
        for number, line in enumerate(module.source.splitlines(), 1)
        if is_unexplained(line)
    ]


def is_unexplained(line: str) -> bool:
    if BARE_EXCUSE.search(line):
        return True
    excuse = EXCUSE.search(line)
    return excuse is not None and REASON.match(excuse["reason"]) is None


def unlike_the_others(tree: Tree) -> list[str]:
    """Return what a service lacks of what every service has."""
    expected = ("__init__.py", "__main__.py", "config.py")
    paths = (f"services/{service}/{file}" for service in SERVICES for file in expected)
    return [path for path in paths if not tree.has(path)]


def test_facts_are_frozen_and_named(repository: Tree) -> None:
    assert loose_facts(repository) == []


def test_every_excuse_to_a_checker_has_its_reason(repository: Tree) -> None:
    assert unexplained_excuses(repository) == []


def test_the_services_look_alike(repository: Tree) -> None:
    assert unlike_the_others(repository) == []


def test_a_loose_fact_is_found(plant: Plant) -> None:
    source = (
        "@dataclass(frozen=True, slots=True, kw_only=True)\nclass Good: ...\n"
        "@dataclasses.dataclass(frozen=True, slots=True)\nclass Loose: ...\n"
        "@dataclass\nclass Bare: ...\n@dataclass\nclass _Working: ...\n"
    )
    tree = plant({"services/prober/judge/verdict.py": source, "services/prober/worker.py": source})
    assert [finding.split(": ")[1] for finding in loose_facts(tree)] == ["Loose", "Bare"]


@pytest.mark.parametrize(
    ("excuse", "unexplained"),
    [
        ("noqa", True),
        ("noqa: S101", True),
        ("noqa: S101 - tests assert", False),
        ("noqa: S101, BLE001 - whatever it was, the loop must go on", False),
        ("type: ignore", True),
        ("type: ignore[arg-type]", True),
        ("type: ignore[arg-type]  # the stub is wrong here", False),
    ],
)
def test_an_excuse_without_a_rule_or_a_reason_is_found(
    plant: Plant, excuse: str, *, unexplained: bool
) -> None:
    tree = plant({"outscope/x.py": f"x = 1  # {excuse}\n"})
    assert bool(unexplained_excuses(tree)) is unexplained


def test_a_service_without_its_config_is_found(plant: Plant) -> None:
    files = {
        f"services/{service}/{file}.py": ""
        for service in SERVICES
        for file in ("__init__", "__main__", "config")
        if (service, file) != ("prober", "config")
    }
    assert unlike_the_others(plant(files)) == ["services/prober/config.py"]
