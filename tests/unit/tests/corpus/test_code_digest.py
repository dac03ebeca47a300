from pathlib import Path

import pytest

from tests.corpus.code_digest import code_digest

CODE = '''"""Tells walls."""

WALL = {403: "wall"}


def wall_of(status: int) -> str:
    """Return the wall."""
    return WALL.get(status, "")
'''


def digest(folder: Path, code: str, name: str = "wall.py") -> str:
    folder.mkdir()
    (folder / name).write_text(code, "utf-8")
    return code_digest(folder)


@pytest.mark.parametrize(
    "same",
    [
        CODE.replace("Tells walls", "Says which wall it is"),
        CODE.replace("Return the wall", "Return what stands there"),
        CODE.replace("WALL = {", "# As seen.\nWALL = {").replace("\n\n\n", "\n\n"),
        CODE.replace('{403: "wall"}', "{\n    403: 'wall',\n}"),
    ],
    ids=["docstring", "docstring of a function", "comment and lines", "layout"],
)
def test_what_does_nothing_is_no_part_of_the_code(tmp_path: Path, same: str) -> None:
    assert digest(tmp_path / "a", CODE) == digest(tmp_path / "b", same)


@pytest.mark.parametrize(
    "other",
    [
        CODE.replace("403", "406"),
        CODE.replace("403", "'403'"),
        CODE.replace('status, "")', 'status, "none")'),
        CODE.replace("return WALL", "x = WALL"),
        CODE + "OTHER = 1\n",
    ],
)
def test_any_other_change_is_one(tmp_path: Path, other: str) -> None:
    assert digest(tmp_path / "a", CODE) != digest(tmp_path / "b", other)


def test_the_name_of_a_module_is_a_part(tmp_path: Path) -> None:
    assert digest(tmp_path / "a", CODE) != digest(tmp_path / "b", CODE, name="walls.py")
