"""`make` alone lists every target with what it does, and every target is listed."""

import re
import subprocess
from typing import Final

from tests.architecture.tree import ROOT

TARGET: Final = re.compile(r"^(?P<name>[a-z][a-z0-9-]*):(?!=)(?P<rest>.*)$", re.MULTILINE)
PHONY: Final = re.compile(r"^\.PHONY: (.*)$", re.MULTILINE)
ISSUED: Final = ("setup", "run", "test", "lint", "proto", "docs", "bench", "ci")


def targets(makefile: str) -> dict[str, str]:
    """Return each target and the explanation after ##, empty when there is none."""
    return {
        found["name"]: found["rest"].partition("##")[2].strip()
        for found in TARGET.finditer(makefile)
    }


def test_every_target_is_explained_and_phony() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    found = targets(makefile)
    assert [name for name, explanation in found.items() if not explanation] == []
    assert sorted(found) == sorted(" ".join(PHONY.findall(makefile)).split())
    assert set(ISSUED) <= found.keys()


def test_make_alone_lists_every_target_on_a_line_of_its_own() -> None:
    printed = subprocess.run(
        ["make", "--silent"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    plain = re.sub(r"\x1b\[[0-9;]*m", "", printed)
    listed = dict(line.split(maxsplit=1) for line in plain.splitlines() if line.strip())
    assert listed == targets((ROOT / "Makefile").read_text("utf-8"))


def test_all_that_must_pass_has_the_regions_and_leaves_them_out_nowhere_as_root() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "\nci: export OUTSCOPE_NAMESPACES := required\n" in makefile
    (needed,) = re.findall(r"^ci: (test .*) ##", makefile, re.MULTILINE)
    assert "regions" in needed.split()


def test_a_target_without_an_explanation_is_found() -> None:
    makefile = "VENV := .venv\nrun: setup ## Start\nsecret: setup\n\techo\n$(X): y\n"
    assert targets(makefile) == {"run": "Start", "secret": ""}
