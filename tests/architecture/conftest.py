"""The repository as the rules see it, and small trees in which a rule is broken on purpose."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, Tree

Plant = Callable[..., Tree]


@pytest.fixture(scope="session")
def repository() -> Tree:
    return Tree(ROOT)


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Return a function that writes files, given as path=source pairs, and reads the tree."""

    def write(files: dict[str, str]) -> Tree:
        for path, source in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source, "utf-8")
        return Tree(tmp_path)

    return write


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show every finding on its own line when a rule that should find nothing does."""
    if op == "==" and isinstance(left, list) and right == []:
        return [f"{len(left)} found:", *(f"  {finding}" for finding in left)]
    return None
