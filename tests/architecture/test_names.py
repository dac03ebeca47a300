"""Names say what a thing is for: no drawer modules, no empty prefixes, no data and info.

Where a framework calls a function by such a name, the name stands in a list with the framework.
"""

import ast
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.conftest import Plant
from tests.architecture.tree import CLIENT, EVERYTHING, PRODUCT, Function, Module, Tree

DRAWERS: Final = frozenset(
    {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "shared"}
)
EMPTY_PREFIXES: Final = ("get_", "do_", "handle_", "process_")
EMPTY_NAMES: Final = frozenset({"data", "info"})

# Called by name from outside, so the name is not ours to choose.
FRAMEWORK_FUNCTIONS: Final = {
    "__get__": "the descriptor protocol",
    "do_GET": "http.server.BaseHTTPRequestHandler",
    "do_HEAD": "http.server.BaseHTTPRequestHandler",
    "do_POST": "http.server.BaseHTTPRequestHandler",
    "get_extra_info": "asyncio.BaseTransport",
    "get_loop": "asyncio.AbstractServer",
    "get_state": "grpc.aio.Channel",
    "handle_charref": "html.parser.HTMLParser",
    "handle_comment": "html.parser.HTMLParser",
    "handle_data": "html.parser.HTMLParser",
    "handle_decl": "html.parser.HTMLParser",
    "handle_endtag": "html.parser.HTMLParser",
    "handle_entityref": "html.parser.HTMLParser",
    "handle_startendtag": "html.parser.HTMLParser",
    "handle_starttag": "html.parser.HTMLParser",
}
# A parameter named by the base class keeps its name, so that calls by keyword work.
FRAMEWORK_PARAMETERS: Final = {
    "data_received": "asyncio.Protocol",
    "datagram_received": "asyncio.DatagramProtocol",
    "handle_data": "html.parser.HTMLParser",
    "info": "logging.Logger",
    "sendto": "asyncio.DatagramTransport",
    "write": "asyncio.WriteTransport",
}


def drawer_modules(tree: Tree) -> list[str]:
    return [
        module.path
        for module in tree.below(*EVERYTHING)
        if DRAWERS & {part.lstrip("_") for part in module.name.split(".")}
    ]


def empty_prefixes(tree: Tree) -> list[str]:
    return [
        f"{module.path}:{function.lineno}: {function.name}"
        for module in tree.below(*EVERYTHING)
        for function in module.functions()
        if function.name.lstrip("_").lower().startswith(EMPTY_PREFIXES)
        and function.name not in FRAMEWORK_FUNCTIONS
    ]


def parameters(function: Function) -> Iterator[ast.arg]:
    arguments = function.args
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (arg for arg in (arguments.vararg, arguments.kwarg) if arg)


def named_emptily(module: Module) -> Iterator[tuple[int, str]]:
    """Yield parameters and variables; a class's fields are the documented names of an API."""
    for function in module.functions():
        if function.name not in FRAMEWORK_PARAMETERS:
            yield from (
                (arg.lineno, arg.arg) for arg in parameters(function) if arg.arg in EMPTY_NAMES
            )
    fields = field_lines(module)
    for node in module.nodes:
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Store):
            continue
        if node.id in EMPTY_NAMES and node.lineno not in fields:
            yield node.lineno, node.id


def field_lines(module: Module) -> frozenset[int]:
    return frozenset(
        statement.lineno
        for node in module.nodes
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
    )


def empty_names(tree: Tree) -> list[str]:
    return [
        f"{module.path}:{line}: {name}"
        for module in tree.below(*PRODUCT, CLIENT)
        for line, name in named_emptily(module)
    ]


def test_no_module_is_a_drawer(repository: Tree) -> None:
    assert drawer_modules(repository) == []


def test_no_function_has_an_empty_prefix(repository: Tree) -> None:
    assert empty_prefixes(repository) == []


def test_nothing_is_named_data_or_info(repository: Tree) -> None:
    assert empty_names(repository) == []


@pytest.mark.parametrize(
    "path", ["outscope/utils.py", "services/gateway/common/x.py", "deploy/_helpers.py"]
)
def test_a_drawer_is_found(plant: Plant, path: str) -> None:
    assert drawer_modules(plant({path: "", "outscope/clock.py": ""})) == [path]


def test_an_empty_prefix_is_found_and_a_framework_name_is_not(plant: Plant) -> None:
    source = "def _get_row(): ...\nasync def handle_job(): ...\ndef handle_starttag(): ...\n"
    tree = plant({"outscope/x.py": source})
    assert empty_prefixes(tree) == ["outscope/x.py:1: _get_row", "outscope/x.py:2: handle_job"]


def test_a_variable_and_a_parameter_named_data_are_found_and_a_field_is_not(plant: Plant) -> None:
    source = (
        "class Page:\n    data: list[int]\n    def data_received(self, data): ...\n"
        "def f(info):\n    data = info\n"
    )
    tree = plant({"outscope/x.py": source})
    assert empty_names(tree) == ["outscope/x.py:4: info", "outscope/x.py:5: data"]
