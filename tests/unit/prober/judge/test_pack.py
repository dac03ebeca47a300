import ast
import inspect
import re
from importlib import import_module, resources
from pathlib import Path

import pytest

from services.prober.judge.pack import DECLARED, STRENGTHS, declared_as, declared_in, rule_of
from services.prober.judge.pack_schema import RuleForm
from services.prober.judge.pack_source import WRITTEN_PACK, PackError
from services.prober.judge.rule import Effect, How, Strength, Where
from services.prober.judge.verdict import Role
from tests.unit.prober.judge.packs import PAGE, RULES, pack

SIGNALS = Path(__file__).parents[4] / "docs/signals.md"


def test_a_rule_is_made_ready_with_all_that_it_says() -> None:
    written = {
        **PAGE,
        "layer": False,
        "role": "bot_defence",
        "message": "{vendor} denied {path}.",
        "some": [{"looks_at": "cookies", "begins": "wall_"}],
        "body_limit": 4096,
        "text_limit": 0,
    }
    (declared,) = declared_in(pack(written))
    rule = rule_of(declared)
    assert (rule.id, rule.effect, rule.vendor) == ("wall.block", Effect.BLOCK, "Wall")
    assert (rule.role, rule.is_layer, rule.message) == (
        Role.BOT_DEFENCE,
        False,
        "{vendor} denied {path}.",
    )
    assert rule.statuses == {403}
    assert [(mark.where, mark.how, mark.text) for mark in (*rule.every, *rule.some)] == [
        (Where.BODY, How.CONTAINS, "blocked by wall"),
        (Where.COOKIE, How.BEGINS, "wall_"),
    ]
    assert (rule.body_limit, rule.text_limit) == (4096, 0)


def test_what_is_not_said_has_its_default() -> None:
    (declared,) = declared_in(pack(RULES["front"], form="front"))
    rule = rule_of(declared)
    assert (rule.effect, rule.statuses, rule.body_limit) == (Effect.PRESENT, frozenset(), 65536)
    assert (declared.strength, declared.source, declared.since) == (Strength.BESIDE, "x", 3)


def test_a_pack_is_taken_as_a_whole_or_not_at_all() -> None:
    broken = {**PAGE, "id": "wall.other", "source": "", "since": 9}
    with pytest.raises(PackError, match=r"(?s)wall\.other: source: .*\n.*wall\.other: since: "):
        declared_in(pack(PAGE, broken))


def test_every_file_of_the_folder_is_in_the_pack() -> None:
    folder = resources.files("services.prober.judge") / "rules"
    files = {file.name.removesuffix(".toml") for file in folder.iterdir()}
    assert files - {"pack"} == set(WRITTEN_PACK.families)


def test_every_form_has_its_rules_in_the_order_of_the_pack() -> None:
    ids = [declared.id for declared in DECLARED]
    for form in RuleForm:
        of_form = [declared.id for declared in declared_as(form)]
        assert of_form
        assert sorted(of_form, key=ids.index) == of_form
    assert list(STRENGTHS) == ids


def test_a_rule_that_is_code_names_a_module_of_the_judge_that_knows_it() -> None:
    for declared in declared_as(RuleForm.CODE):
        module = import_module(f"services.prober.judge.{declared.members['code']}")
        source = inspect.getsource(module)
        # Some are named after the code they lead to, or the format they found.
        made = f'f"{declared.id.partition(".")[0]}.{{'
        assert f'"{declared.id}"' in source or made in source, declared.id


def test_every_rule_that_the_code_names_is_declared() -> None:
    families = {declared.id.partition(".")[0] for declared in declared_as(RuleForm.CODE)}
    folder = resources.files("services.prober.judge")
    modules = [file for file in folder.iterdir() if file.name.endswith(".py")]
    named = {
        node.value
        for file in modules
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", node.value)
        if node.value.partition(".")[0] in families
    }
    assert len(named) > 40
    assert {name for name in named if name not in STRENGTHS} == set()


def test_every_section_of_signals_that_a_source_names_is_there() -> None:
    headings = re.findall(r"^## (\d\.\d)", SIGNALS.read_text("utf-8"), re.MULTILINE)
    named = [
        (declared.id, section)
        for declared in DECLARED
        for section in re.findall(r"signals (\d\.\d)", declared.source)
    ]
    assert named
    assert [pair for pair in named if pair[1] not in headings] == []
