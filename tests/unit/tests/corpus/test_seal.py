import re
from pathlib import Path

import pytest

from services.gateway import examples
from services.prober.judge import pack_source
from services.prober.judge.pack_source import digest_of, read_pack
from tests.corpus.seal import main

ABOUT = '# Why.\nversion = 3\ndigest = ""\ncode = ""\nfamilies = ["walls"]\n'
WALLS = '# Walls.\nform = "page"\n[[rule]]\nid = "wall.block"\n'
CODE = "def is_wall(status):\n    return status == 403\n"
EXAMPLES = '# Why.\nRULES_VERSION: Final = "2"\nOTHER: Final = "2"\n'


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "pack.toml").write_text(ABOUT, "utf-8")
    (tmp_path / "walls.toml").write_text(WALLS, "utf-8")
    (tmp_path / "examples.py").write_text(EXAMPLES, "utf-8")
    (tmp_path / "judge").mkdir()
    (tmp_path / "judge" / "wall.py").write_text(CODE, "utf-8")
    return tmp_path


def seal(folder: Path) -> int:
    return main(folder, folder / "examples.py", folder / "judge")


def about(folder: Path) -> tuple[int, str]:
    pack = read_pack(lambda name: (folder / name).read_text("utf-8"))
    assert pack.digest == digest_of(pack.version, pack.families, pack.code)
    return pack.version, (folder / "pack.toml").read_text("utf-8")


def test_a_changed_rule_raises_the_version_and_the_rest_of_the_file_stays(folder: Path) -> None:
    assert seal(folder) == 0
    version, text = about(folder)
    assert version == 4
    assert re.sub(r'"\w{64}"', '""', text) == ABOUT.replace("3", "4")
    (folder / "walls.toml").write_text(WALLS.replace("block", "limit"), "utf-8")
    assert seal(folder) == 0
    assert about(folder)[0] == 5


def test_changed_code_raises_the_version_too(folder: Path) -> None:
    seal(folder)
    file = folder / "judge" / "wall.py"
    file.write_text(CODE.replace("403", "406"), "utf-8")
    seal(folder)
    assert about(folder)[0] == 5
    file.write_text(f'"""Tells walls."""\n\n{CODE.replace("403", "406  # as of Wall 2")}', "utf-8")
    seal(folder)
    assert about(folder)[0] == 5


def test_what_has_not_changed_keeps_its_version(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal(folder)
    before = about(folder)
    (folder / "walls.toml").write_text(WALLS.replace("# Walls.", "# Old walls."), "utf-8")
    assert seal(folder) == 0
    assert about(folder) == before
    assert capsys.readouterr().out.splitlines()[1] == "the rules are those of version 4"


def test_the_examples_name_the_version_of_the_pack(folder: Path) -> None:
    seal(folder)
    written = (folder / "examples.py").read_text("utf-8")
    assert written == EXAMPLES.replace('RULES_VERSION: Final = "2"', 'RULES_VERSION: Final = "4"')
    (folder / "examples.py").write_text(EXAMPLES, "utf-8")
    seal(folder)
    assert (folder / "examples.py").read_text("utf-8") == written


def test_the_examples_of_the_api_are_of_the_rules_of_today() -> None:
    assert examples.RULES_VERSION == pack_source.RULES_VERSION, "run: make rules"
