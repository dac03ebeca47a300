"""Raises the version of the rule pack when a rule was added, changed or removed, in data or code.

`python -m tests.corpus.seal` is a part of `make rules`; what has not changed keeps its version.
The examples of the API, which know no pack, are given the same.
"""

import re
import sys
from pathlib import Path
from typing import Final

from services.prober.judge.pack_source import FOLDER, PACK_FILE, WrittenPack, digest_of, read_pack
from tests.corpus.code_digest import code_digest

SERVICES: Final = Path(__file__).parents[2] / "services"
JUDGE: Final = SERVICES / "prober/judge"
EXAMPLES: Final = SERVICES / "gateway/examples.py"
_VERSION: Final = re.compile(r"^version = \d+$", re.MULTILINE)
_OF_EXAMPLES: Final = re.compile(r'^RULES_VERSION: Final = "\d+"$', re.MULTILINE)
_CODE: Final = re.compile(r'^code = "\w*"$', re.MULTILINE)
_DIGEST: Final = re.compile(r'^digest = "\w*"$', re.MULTILINE)


def sealed(text: str, pack: WrittenPack, code: str) -> str:
    """Return pack.toml with the version and the digests of what families and code are by now."""
    if digest_of(pack.version, pack.families, code) == pack.digest and pack.code == code:
        return text
    version = pack.version + 1
    text = _VERSION.sub(f"version = {version}", text, count=1)
    text = _CODE.sub(f'code = "{code}"', text, count=1)
    digest = digest_of(version, pack.families, code)
    return _DIGEST.sub(f'digest = "{digest}"', text, count=1)


def main(
    folder: Path = JUDGE / FOLDER, examples: Path = EXAMPLES, code_folder: Path = JUDGE
) -> int:
    """Seal the pack in a folder, tell its version, also to the examples; return the exit code."""
    pack = _pack_in(folder)
    file = folder / PACK_FILE
    before = file.read_text("utf-8")
    after = sealed(before, pack, code_digest(code_folder))
    if after == before:
        sys.stdout.write(f"the rules are those of version {pack.version}\n")
    else:
        file.write_text(after, "utf-8")
        sys.stdout.write(f"the rules have changed: version {pack.version + 1}\n")
    named = f'RULES_VERSION: Final = "{_pack_in(folder).version}"'
    examples.write_text(_OF_EXAMPLES.sub(named, examples.read_text("utf-8")), "utf-8")
    return 0


def _pack_in(folder: Path) -> WrittenPack:
    return read_pack(lambda name: (folder / name).read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(main())
