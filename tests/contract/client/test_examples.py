"""Every Python example of the client's page runs as it stands, against the running system."""

import re
import subprocess
import sys
from typing import Final

import pytest

from tests.architecture.tree import ROOT
from tests.e2e.running import System

PAGE: Final = ROOT / "client/README.md"
FENCED: Final = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES: Final = FENCED.findall(PAGE.read_text("utf-8"))
# What each prints, in the order of the page; an example without a line here is found by the count.
PRINTED: Final = (
    r"example\.com (completed|failed)\n(\w+ \[.*\]\n)?",
    r"(\w+\n)*(completed|failed)\n",
    r"(chk_\w+ True\n)*True\n",
    r"fqdn .+ req_\w+\nnot_found\n",
    r"",
)


def test_every_example_is_expected_to_print_something_known() -> None:
    assert len(EXAMPLES) == len(PRINTED)


@pytest.mark.parametrize("number", range(len(PRINTED)))
def test_an_example_runs_as_it_stands(system: System, number: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", EXAMPLES[number]],
        env={
            "PYTHONPATH": str(ROOT / "client"),
            "OUTSCOPE_API_KEY": system.api_key,
            "OUTSCOPE_URL": system.rest,
        },
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert re.fullmatch(PRINTED[number], ran.stdout), ran.stdout
