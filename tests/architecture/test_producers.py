"""Every outcome and every reason to fail is shown by a test that brings it about for real.

A code that no stage of the prober can end with is the one exception, and has no such test.
"""

import ast
from collections.abc import Mapping
from typing import Final

import pytest

from docs.produced import Producer, producers
from outscope.failures import FailureReason
from services.prober.facts import OutcomeCode
from tests.architecture.conftest import Plant
from tests.architecture.tree import ROOT, Tree, dotted, uses
from tests.producing import name_of

# Where outcomes are made; elsewhere codes are named, compared and explained.
MAKERS: Final = "services/prober/observe"
CODES: Final = "services.prober.facts."
NOTES: Final = frozenset({"saw", "saw_reason"})


def made(tree: Tree) -> set[str]:
    """Return the outcome codes that the prober's stages name."""
    return {
        name.removeprefix(CODES)
        for module in tree.below(MAKERS)
        for _, name in uses(module)
        if name.startswith(f"{CODES}OutcomeCode.")
    }


def made_up(tree: Tree) -> list[str]:
    """Return where a test notes as seen what it did not get from anybody."""
    return [
        f"{module.path}:{node.lineno}"
        for module in tree.below("tests/integration", "tests/e2e", "tests/contract")
        for node in module.nodes
        if isinstance(node, ast.Call) and dotted(node.func) in NOTES
        if not all(isinstance(each, ast.Await) or _is_held(each) for each in node.args)
    ]


def _is_held(node: ast.expr) -> bool:
    """Tell what an earlier line holds, or a part of it, from what is made on the spot."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name) and node.id not in {"OutcomeCode", "FailureReason"}


@pytest.fixture(scope="module")
def shown() -> Mapping[str, tuple[Producer, ...]]:
    return producers(ROOT)


def test_every_outcome_that_a_stage_can_end_with_is_shown_by_a_test(
    repository: Tree, shown: Mapping[str, tuple[Producer, ...]]
) -> None:
    assert sorted(made(repository) - set(shown)) == []


def test_every_reason_to_fail_is_shown_by_a_test(
    shown: Mapping[str, tuple[Producer, ...]],
) -> None:
    assert sorted({name_of(reason) for reason in FailureReason} - set(shown)) == []


def test_what_is_shown_is_a_code(shown: Mapping[str, tuple[Producer, ...]]) -> None:
    every = {name_of(code) for code in (*OutcomeCode, *FailureReason)}
    assert sorted(set(shown) - every) == []


def test_only_a_code_that_no_stage_ends_with_is_shown_by_nothing(
    repository: Tree, shown: Mapping[str, tuple[Producer, ...]]
) -> None:
    unshown = {name_of(code) for code in OutcomeCode} - set(shown)
    assert unshown == {"OutcomeCode.POLICY_REFUSED"} - made(repository)


def test_no_test_notes_as_seen_what_it_made_up(repository: Tree) -> None:
    assert made_up(repository) == []


def test_what_a_test_made_up_is_found(plant: Plant) -> None:
    tree = plant(
        {
            "tests/integration/test_x.py": (
                "saw(await run())\n"
                "saw(Outcome(code=OutcomeCode.OK))\n"
                "saw_reason(check.failure.reason)\n"
                "saw_reason(answer['reason'])\n"
                "saw_reason('internal')\n"
                "saw_reason(FailureReason.INTERNAL)\n"
            )
        }
    )
    path = "tests/integration/test_x.py"
    assert made_up(tree) == [f"{path}:2", f"{path}:5", f"{path}:6"]


def test_the_codes_that_stages_end_with_are_found_whatever_they_are_called(plant: Plant) -> None:
    tree = plant(
        {
            "services/prober/observe/tcp.py": (
                "from services.prober.facts import OutcomeCode as C\nX = C.TCP_RESET\n"
            ),
            "services/prober/judge/network.py": (
                "from services.prober.facts import OutcomeCode\nX = OutcomeCode.POLICY_REFUSED\n"
            ),
        }
    )
    assert made(tree) == {"OutcomeCode.TCP_RESET"}
