import re
from pathlib import Path

import pytest

from services.prober.judge.pack_source import digest_of, read_pack
from tests.corpus.seal import main

ABOUT = '# Why.\nversion = 3\ndigest = ""\nfamilies = ["walls"]\n'
WALLS = '# Walls.\nform = "page"\n[[rule]]\nid = "wall.block"\n'


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "pack.toml").write_text(ABOUT, "utf-8")
    (tmp_path / "walls.toml").write_text(WALLS, "utf-8")
    return tmp_path


def about(folder: Path) -> tuple[int, str]:
    pack = read_pack(lambda name: (folder / name).read_text("utf-8"))
    assert pack.digest == digest_of(pack.version, pack.families)
    return pack.version, (folder / "pack.toml").read_text("utf-8")


def test_a_changed_rule_raises_the_version_and_the_rest_of_the_file_stays(folder: Path) -> None:
    assert main(folder) == 0
    version, text = about(folder)
    assert version == 4
    assert re.sub(r'"\w{64}"', '""', text) == ABOUT.replace("3", "4")
    (folder / "walls.toml").write_text(WALLS.replace("block", "limit"), "utf-8")
    assert main(folder) == 0
    assert about(folder)[0] == 5


def test_what_has_not_changed_keeps_its_version(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(folder)
    before = about(folder)
    (folder / "walls.toml").write_text(WALLS.replace("# Walls.", "# Old walls."), "utf-8")
    assert main(folder) == 0
    assert about(folder) == before
    assert capsys.readouterr().out.splitlines()[1] == "the rules are those of version 4"
