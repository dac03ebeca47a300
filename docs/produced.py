"""Reads which tests bring each outcome and failure about, from the marks those tests carry.

Law: a code stands in a mark as the member it is (`OutcomeCode.TCP_REFUSED`), never computed: what
cannot be read here would be left out of the page.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Where tests meet real servers; a unit test has none, and so shows nothing.
_TESTS: Final = ("tests/e2e", "tests/integration")
_MARKS: Final = frozenset({"produces", "producing"})
_CODES: Final = frozenset({"OutcomeCode", "FailureReason"})
_Test = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Producer:
    """A test that brings a code about."""

    # Relative to the root of the repository.
    path: str
    name: str

    @property
    def fact(self) -> str:
        """Return what the test states, in words."""
        return self.name.removeprefix("test_").replace("_", " ")


def producers(root: Path) -> Mapping[str, tuple[Producer, ...]]:
    """Return the tests by code, such as `OutcomeCode.OK`, in order of their paths.

    Raises ValueError for a mark whose code is not written out.
    """
    found: dict[str, list[Producer]] = {}
    for file in sorted(file for folder in _TESTS for file in (root / folder).rglob("test_*.py")):
        path, source = file.relative_to(root).as_posix(), file.read_text("utf-8")
        if not any(mark in source for mark in _MARKS):
            continue
        for name, code in _marked(ast.parse(source, path), path):
            tests = found.setdefault(code, [])
            producer = Producer(path=path, name=name)
            if producer not in tests:
                tests.append(producer)
    return {code: tuple(tests) for code, tests in found.items()}


def _marked(tree: ast.Module, path: str) -> Iterator[tuple[str, str]]:
    """Yield test and code of every mark, those of single parameter sets too."""
    for function in tree.body:
        if not isinstance(function, _Test):
            continue
        for decorator in function.decorator_list:
            for node in ast.walk(decorator):
                for argument in _codes_of(node):
                    yield function.name, _written_out(argument, path)


def _codes_of(node: ast.AST) -> list[ast.expr]:
    """Return the arguments of a mark that are its codes; the other values of a set are not."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return []
    if node.func.id not in _MARKS:
        return []
    return node.args if node.func.id == "produces" else node.args[:1]


def _written_out(argument: ast.expr, path: str) -> str:
    text = ast.unparse(argument)
    if text.partition(".")[0] not in _CODES or not isinstance(argument, ast.Attribute):
        raise ValueError(f"{path}:{argument.lineno}: write the code out instead of {text}")
    return text
