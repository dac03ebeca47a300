"""A change to what the judge does is told by the version of its rules."""

from services.prober.judge.pack_source import WRITTEN_PACK
from tests.architecture.tree import ROOT
from tests.corpus.code_digest import code_digest


def test_the_code_of_the_judge_has_not_changed_since_the_version_was_raised() -> None:
    assert code_digest(ROOT / "services/prober/judge") == WRITTEN_PACK.code, "run: make rules"
