"""The near misses: none fires its rule, what it is changed from does, and no rule lacks one."""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from services.prober.judge.pack import DECLARED, Declared
from tests.corpus.firing import fires
from tests.corpus.loader import CorpusError, cases
from tests.corpus.near_miss import NearMiss, near_misses

CASES: Final = {case.name: case for case in cases()}
MISSES: Final = near_misses(CASES)
FIRED: Final = {mark.rule for case in CASES.values() for mark in (case.decides, *case.also)}
MISSED: Final = Counter(miss.rule for miss in MISSES)


@pytest.mark.parametrize("miss", MISSES, ids=str)
def test_a_near_miss_does_not_fire_its_rule(miss: NearMiss) -> None:
    assert not fires(miss.rule, miss.host), miss.why


@pytest.mark.parametrize("miss", [miss for miss in MISSES if miss.of], ids=str)
def test_what_it_is_changed_from_fires_the_rule(miss: NearMiss) -> None:
    assert miss.of is not None
    assert fires(miss.rule, miss.of.host)


@pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: declared.id)
def test_every_rule_has_a_case_that_fires_it_and_a_near_miss(declared: Declared) -> None:
    assert declared.id in FIRED, "add a case to tests/corpus that this rule decides, or in its also"
    assert MISSED[declared.id], (
        f"add a near miss to tests/corpus/near_misses/{declared.family}.toml"
    )


def test_a_near_miss_is_written_down_with_the_family_of_its_rule() -> None:
    families = {declared.id: declared.family for declared in DECLARED}
    assert [
        (miss.rule, miss.family) for miss in MISSES if families.get(miss.rule) != miss.family
    ] == []


WRITTEN: Final = """
[[near_miss]]
rule = "cloudflare.challenge"
of = "challenge/cloudflare_challenge_429"
change = [{ field = "paths[0].headers.cf-mitigated", to = "none" }]
why = "Another value."
"""


def read(folder: Path, text: str) -> tuple[NearMiss, ...]:
    (folder / "walls.toml").write_text(text, "utf-8")
    return near_misses(CASES, folder)


def test_a_near_miss_is_read_with_its_change(tmp_path: Path) -> None:
    (miss,) = read(tmp_path, WRITTEN)
    assert (miss.rule, miss.family, miss.why) == ("cloudflare.challenge", "walls", "Another value.")
    assert miss.of is CASES["challenge/cloudflare_challenge_429"]
    assert dict(miss.host.paths[0].headers)["cf-mitigated"] == "none"


def test_another_case_can_be_the_near_miss(tmp_path: Path) -> None:
    text = '[[near_miss]]\nrule = "a.b"\ncase = "website/hello_world"\nwhy = "A greeting."\n'
    (miss,) = read(tmp_path, text)
    assert miss.of is None
    assert miss.host == CASES["website/hello_world"].host


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("challenge/cloudflare_challenge_429", "a/b", "there is no case a/b"),
        ("cf-mitigated", "cf-missing", "the facts have no"),
        ('to = "none"', 'value = "none"', "walls.toml: .*'value' was unexpected"),
        ("Another value.", "Another value", "does not match"),
        ("why", "reason", "'reason' was unexpected"),
        ("[[near_miss]]", "[[near_miss", r"walls\.toml: no TOML: "),
    ],
)
def test_what_is_no_near_miss_is_told(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(CorpusError, match=fault):
        read(tmp_path, WRITTEN.replace(old, new))
