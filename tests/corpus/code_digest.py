"""Tells one state of the judge's code from another: what rules are in code and not in data.

Law: what does nothing is no part of it: comments, layout and docstrings. Nor does it depend on the
version of Python that reads the code.
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_digest(folder: Path) -> str:
    """Return what changes with any code in a folder, or with the name of a module there."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(f"{file.relative_to(folder).as_posix()}\n".encode())
        for word in _words(ast.parse(file.read_text("utf-8"))):
            digest.update(f"{word}\n".encode())
    return digest.hexdigest()


def _words(value: object) -> Iterator[str]:
    """Yield what a tree says, in order; fields that are left out say nothing."""
    if isinstance(value, ast.AST):
        yield f"({type(value).__name__}"
        is_documented = isinstance(value, _DOCUMENTED) and ast.get_docstring(value) is not None
        for name, field in ast.iter_fields(value):
            said = field[1:] if name == "body" and is_documented else field
            if said is not None and said != []:
                yield name
                yield from _words(said)
        yield ")"
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)
    else:
        yield repr(value)
