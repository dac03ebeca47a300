"""Reads the source tree for the rules: its modules, parsed once, and the names they bring in."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
GENERATED: Final = ("outscope/v1/", "client/outscope_client/models.py")
# Programs of another environment, written as their frameworks' tutorials have them.
FOREIGN: Final = "tests/servers/makes/"
PRODUCT: Final = ("outscope", "services", "deploy")
# What users install: a distribution of its own, in a folder that is no package.
CLIENT: Final = "client"
CLIENT_PACKAGE: Final = "outscope_client"
EVERYTHING: Final = (*PRODUCT, CLIENT, "bench", "docs", "tests")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class Module:
    """One Python file: where it is, what it is imported as, what stands in it."""

    path: str
    source: str

    @cached_property
    def name(self) -> str:
        """The dotted name, a package's without __init__."""
        path = self.path.removeprefix(f"{CLIENT}/")
        return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @cached_property
    def is_package(self) -> bool:
        """Tell an __init__ from a plain module."""
        return self.path.endswith("/__init__.py")

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.source, self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the parsed source."""
        return tuple(ast.walk(self.tree))

    def functions(self) -> Iterator[Function]:
        """Yield every function and method, nested ones too."""
        return (node for node in self.nodes if isinstance(node, Function))

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield line and dotted name of everything imported; a from-import names what it takes."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base_of(node)
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)

    def _base_of(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        kept = len(parts) - node.level + self.is_package
        return ".".join([*parts[:kept], *([node.module] if node.module else [])])


class Tree:
    """The modules below some folders of one root, generated ones left out."""

    def __init__(self, root: Path, folders: tuple[str, ...] = EVERYTHING) -> None:
        self.root = root
        self.modules = {
            module.name: module for folder in folders for module in _modules(root, folder)
        }

    def below(self, *folders: str) -> tuple[Module, ...]:
        """Return the modules of these folders, in order of their paths."""
        prefixes = tuple(f"{folder}/" for folder in folders)
        found = (module for module in self.modules.values() if module.path.startswith(prefixes))
        return tuple(sorted(found, key=lambda module: module.path))

    def has(self, path: str) -> bool:
        """Tell whether a file or folder is there."""
        return (self.root / path).exists()


def _modules(root: Path, folder: str) -> Iterator[Module]:
    for file in sorted((root / folder).rglob("*.py")):
        path = file.relative_to(root).as_posix()
        if not path.startswith((*GENERATED, FOREIGN)):
            yield Module(path=path, source=file.read_text("utf-8"))


def dotted(node: ast.AST) -> str:
    """Return a.b.c of a chain of names, or nothing for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def origins(module: Module) -> dict[str, str]:
    """Return what each imported name of a module stands for: dt -> datetime.datetime."""
    names: dict[str, str] = {}
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    names[alias.asname] = alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def uses(module: Module) -> Iterator[tuple[int, str]]:
    """Yield line and full dotted name of every name used, imports resolved."""
    names = origins(module)
    for node in module.nodes:
        if isinstance(node, ast.Name | ast.Attribute):
            head, *rest = dotted(node).split(".")
            if head:
                yield node.lineno, ".".join([names.get(head, head), *rest])
