"""What is committed works on any machine: no path of one, no package index, no secret."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT

# Written with a class around one letter, so that this file does not find itself.
FORBIDDEN: Final = {
    "a path of one machine": re.compile(
        rb"/wor[k]/(main|shared|\.library)\b|/roo[t]/|/User[s]/\w|/hom[e]/(?!outscope\b)\w"
    ),
    "a package index": re.compile(
        rb"(?<!no-emit-)index-ur[l]|extra-inde[x]|find-link[s]|/simpl[e]/?(\s|$)"
    ),
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KE[Y]-----"),
    "an API key": re.compile(rb"\bsvc_[0-9A-Za-z]{38}\b"),
}
# The one place that must spell what it looks for.
LOOKS_FOR_IT: Final = ("tests/architecture/test_lock.py",)
# Tests make keys up; nothing else has one to show.
MADE_UP_IN: Final = "tests/"


def tracked(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True
    )
    return [path for path in listed.stdout.split("\0") if path and (root / path).is_file()]


def findings(root: Path, paths: Iterable[str]) -> list[str]:
    return [
        f"{path}:{number}: {what}"
        for path in paths
        if path not in LOOKS_FOR_IT
        for number, line in enumerate((root / path).read_bytes().splitlines(), 1)
        for what, pattern in FORBIDDEN.items()
        if pattern.search(line) and not (what == "an API key" and path.startswith(MADE_UP_IN))
    ]


def test_nothing_committed_belongs_to_one_machine() -> None:
    assert findings(ROOT, tracked(ROOT)) == []


@pytest.mark.parametrize(
    "parts",
    [
        ("/wor", "k/main/x.py"),
        ("/hom", "e/ada/outscope"),
        ("--index-ur", "l https://host"),
        ("https://host/simpl", "e/"),
        ("-----BEGIN PRIVATE KE", "Y-----"),
        ("svc_", "0" * 38),
    ],
)
def test_a_trace_of_one_machine_is_found(tmp_path: Path, parts: tuple[str, str]) -> None:
    (tmp_path / "x").write_text("fine\n" + "".join(parts) + "\n", "utf-8")
    (tmp_path / "y").write_text("fine\n", "utf-8")
    assert len(findings(tmp_path, ["x", "y"])) == 1
