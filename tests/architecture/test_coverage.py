"""Every module with code has its test, and a unit test lies where its module does.

services/prober/judge/kind.py is tested by tests/unit/prober/judge/test_kind.py, or by
test_kind_<aspect>.py beside it, or by the same path below tests/integration or tests/contract;
outscope/, deploy/ and docs/ keep their own name in the path, and the client's is tests/unit/client.
A module with code is one that defines a function; __main__, __init__ and config are excepted:
they put parts together, and the tests of the running system see that.
"""

from pathlib import PurePosixPath
from typing import Final

from tests.architecture.conftest import Plant
from tests.architecture.tree import CLIENT, CLIENT_PACKAGE, Module, Tree

KINDS: Final = ("unit", "integration", "contract")
EXCEPTED: Final = frozenset({"__main__", "__init__"})


def needs_test(module: Module) -> bool:
    stem = PurePosixPath(module.path).stem
    is_wiring = stem in EXCEPTED or (stem == "config" and module.path.startswith("services/"))
    return not is_wiring and any(True for _ in module.functions())


def place_of(module: Module) -> str:
    """Return the path of a module as its tests have it."""
    return module.path.removeprefix("services/").replace(f"{CLIENT}/{CLIENT_PACKAGE}/", "client/")


def found_tests(tree: Tree, module: Module) -> list[str]:
    path = PurePosixPath(place_of(module))
    return [
        found.as_posix()
        for kind in KINDS
        for pattern in (f"test_{path.stem}.py", f"test_{path.stem}_*.py")
        for found in (tree.root / "tests" / kind / path.parent).glob(pattern)
    ]


def untested(tree: Tree) -> list[str]:
    return [
        module.path
        for module in tree.below("outscope", "services", "deploy", "docs", CLIENT)
        if needs_test(module) and not found_tests(tree, module)
    ]


def misplaced_tests(tree: Tree) -> list[str]:
    """Return the unit tests that lie in no folder of the code."""
    misplaced = []
    for module in tree.below("tests/unit"):
        folder = PurePosixPath(module.path).parent.relative_to("tests/unit")
        packaged = str(folder).replace(CLIENT, f"{CLIENT}/{CLIENT_PACKAGE}", 1)
        if not any(tree.has(place) for place in (f"services/{folder}", str(folder), packaged)):
            misplaced.append(module.path)
    return misplaced


def test_every_module_has_its_test(repository: Tree) -> None:
    assert untested(repository) == []


def test_every_unit_test_lies_where_its_module_does(repository: Tree) -> None:
    assert misplaced_tests(repository) == []


def test_a_module_without_its_test_is_found(plant: Plant) -> None:
    code = "def f(): ...\n"
    tree = plant(
        {
            "services/prober/__main__.py": code,
            "services/prober/config.py": code,
            "services/prober/ranges.py": "X = 1\n",
            "services/prober/judge/tls.py": code,
            "services/prober/judge/kind.py": code,
            "services/prober/judge/html.py": code,
            "services/prober/observe/tls.py": code,
            "client/outscope_client/cli/gate.py": code,
            "client/outscope_client/cli/list.py": code,
            "tests/unit/client/cli/test_gate.py": code,
            "tests/unit/prober/judge/test_tls.py": code,
            "tests/unit/prober/judge/test_kind_of_api.py": code,
            "tests/integration/prober/judge/test_html.py": code,
        }
    )
    assert untested(tree) == [
        "client/outscope_client/cli/list.py",
        "services/prober/observe/tls.py",
    ]


def test_a_unit_test_without_a_folder_of_code_is_found(plant: Plant) -> None:
    tree = plant(
        {
            "services/prober/worker.py": "",
            "tests/unit/prober/test_worker.py": "",
            "client/outscope_client/cli/gate.py": "",
            "tests/unit/client/cli/test_gate.py": "",
            "tests/unit/judge/test_tls.py": "",
        }
    )
    assert misplaced_tests(tree) == ["tests/unit/judge/test_tls.py"]
