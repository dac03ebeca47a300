"""What a page, a docstring or a comment of a contract names as a path of ours is there."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.architecture.conftest import Plant
from tests.architecture.tree import Tree

OURS: Final = re.compile(
    r"(?<![\w./-])(?:outscope|services|deploy|tests|docs|bench|proto|client)/[\w./-]*\w"
)
COMMENT: Final = re.compile(r"(?://|--) (.*)")
DOCUMENTED: Final = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def prose(tree: Tree) -> Iterator[tuple[str, str]]:
    """Yield path and text of everything that is written for people."""
    for pattern in ("*.md", "docs/**/*.md", "client/*.md"):
        yield from ((page.name, page.read_text("utf-8")) for page in tree.root.glob(pattern))
    for pattern in ("services/**/*.sql", "proto/**/*.proto"):
        for file in tree.root.glob(pattern):
            yield file.name, "\n".join(COMMENT.findall(file.read_text("utf-8")))
    for module in tree.modules.values():
        for node in module.nodes:
            if isinstance(node, DOCUMENTED):
                yield module.path, ast.get_docstring(node) or ""


def missing_paths(tree: Tree) -> list[str]:
    return sorted(
        f"{place}: {path}"
        for place, text in prose(tree)
        for path in set(OURS.findall(text))
        if not tree.has(path)
    )


def test_every_path_that_is_named_is_there(repository: Tree) -> None:
    assert missing_paths(repository) == []


def test_a_path_that_leads_nowhere_is_found_wherever_it_is_named(plant: Plant) -> None:
    tree = plant(
        {
            "services/prober/judge/kind.py": '"""As docs/gone.md says."""\nX = "docs/never.md"\n',
            "outscope/y.py": 'def f():\n    """See services/prober/judge."""\n',
        }
    )
    pages = {
        "README.md": "`services/prober/judge/kind.py`, services/prober/x.py. http://h/docs/x",
        "docs/a.md": "Under tests/unit.",
        "services/scheduler/store/1.sql": "-- services/scheduler/x.py\nSELECT 'docs/b';",
        "proto/outscope/v1/a.proto": 'import "outscope/v1/b.proto";\n// outscope/c.py',
    }
    for path, text in pages.items():
        (tree.root / path).parent.mkdir(parents=True, exist_ok=True)
        (tree.root / path).write_text(text, "utf-8")
    assert missing_paths(tree) == [
        "1.sql: services/scheduler/x.py",
        "README.md: services/prober/x.py",
        "a.md: tests/unit",
        "a.proto: outscope/c.py",
        "services/prober/judge/kind.py: docs/gone.md",
    ]
