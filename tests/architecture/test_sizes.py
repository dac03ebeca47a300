"""Files and functions stay small enough to be read at once.

A file has at most 400 lines. A function has at most 40, counted from its def line to its last,
without decorators and without its docstring.
"""

import ast
from typing import Final

from tests.architecture.conftest import Plant
from tests.architecture.tree import Function, Tree

MAX_FILE_LINES: Final = 400
MAX_FUNCTION_LINES: Final = 40


def lines_of(function: Function) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def oversized_files(tree: Tree) -> list[str]:
    return [
        f"{module.path}: {lines} lines"
        for module in tree.modules.values()
        if (lines := module.source.count("\n")) > MAX_FILE_LINES
    ]


def oversized_functions(tree: Tree) -> list[str]:
    return [
        f"{module.path}:{function.lineno}: {function.name} has {lines} lines"
        for module in tree.modules.values()
        for function in module.functions()
        if (lines := lines_of(function)) > MAX_FUNCTION_LINES
    ]


def test_no_file_is_over_its_size(repository: Tree) -> None:
    assert oversized_files(repository) == []


def test_no_function_is_over_its_size(repository: Tree) -> None:
    assert oversized_functions(repository) == []


def test_a_file_may_have_400_lines_and_no_more(plant: Plant) -> None:
    tree = plant({"outscope/fits.py": "x = 1\n" * 400, "outscope/long.py": "x = 1\n" * 401})
    assert oversized_files(tree) == ["outscope/long.py: 401 lines"]


def test_a_function_may_have_40_lines_beside_docstring_and_decorators(plant: Plant) -> None:
    head = '@cached\ndef fits():\n    """One.\n\n    Two.\n    """\n'
    tree = plant(
        {
            "outscope/fits.py": head + "    x = 1\n" * 39,
            "outscope/long.py": "async def long():\n" + "    x = 1\n" * 40,
        }
    )
    assert oversized_functions(tree) == ["outscope/long.py:1: long has 41 lines"]
