"""Every module opens with one sentence that says what it is responsible for."""

import ast
from typing import Final

import pytest

from tests.architecture.conftest import Plant
from tests.architecture.tree import CLIENT, PRODUCT, Module, Tree

MIN_WORDS: Final = 3
PLACES: Final = (*PRODUCT, CLIENT, "bench", "docs")


def opens_with_a_sentence(module: Module) -> bool:
    docstring = ast.get_docstring(module.tree)
    if not docstring:
        return False
    opening = docstring.split("\n\n", 1)[0]
    if len(opening.split()) < MIN_WORDS:
        return False
    return opening.endswith(".")


def without_opening(tree: Tree) -> list[str]:
    return [
        module.path
        for module in tree.below(*PLACES)
        if module.source.strip() and not opens_with_a_sentence(module)
    ]


def test_every_module_opens_with_a_sentence(repository: Tree) -> None:
    assert without_opening(repository) == []


@pytest.mark.parametrize("source", ["import ast\n", '"""ids."""\n', '"""Makes ids for us"""\n'])
def test_a_module_without_a_sentence_is_found(plant: Plant, source: str) -> None:
    good = '"""Makes ids that sort by time."""\n'
    assert without_opening(plant({"outscope/x.py": source, "outscope/y.py": good})) == [
        "outscope/x.py"
    ]
