from typing import Any

import pytest

from services.prober.judge.pack_check import faults_of, statuses_of
from services.prober.judge.pack_source import WrittenPack
from tests.unit.prober.judge.packs import PAGE, RULES, faults, pack


@pytest.mark.parametrize("form", RULES)
def test_a_rule_of_each_form_is_taken(form: str) -> None:
    assert faults(form) == []


@pytest.mark.parametrize(
    ("form", "changed", "fault"),
    [
        ("page", {"id": "Wall"}, "Wall: id: it is no id; write family.name"),
        ("page", {"source": None}, "wall.block: source: it is missing; add it"),
        ("page", {"source": " "}, "source: it is empty or no text; write a text"),
        ("page", {"vendor": None}, "vendor: it is missing"),
        (
            "page",
            {"strength": "certain"},
            "strength: it is 'certain'; write one of: definitive, co",
        ),
        ("page", {"effect": "edge_present"}, "effect: it is 'edge_present'; write one of"),
        (
            "page",
            {"statusses": [4]},
            "statusses: nothing is called so here; did you mean statuses?",
        ),
        ("page", {"hosts": ["a"]}, "hosts: nothing is called so here; write one of: body_limit"),
        ("page", {"statuses": [42]}, "statuses: 42 is no status; write numbers from 100 to 999"),
        ("page", {"statuses": ["denials"]}, "'denials' is no status; "),
        ("page", {"statuses": [True]}, "True is no status"),
        ("page", {"statuses": 403}, "is no status"),
        ("page", {"role": "wall"}, "role: it is 'wall'; write one of: cdn"),
        ("page", {"layer": True}, "layer: it is not false"),
        ("page", {"message": "Denied"}, "message: it is no sentence; end it with a full stop"),
        ("page", {"message": "{who}."}, "message: nothing is called 'who' in it; write one of"),
        ("page", {"body_limit": 65537}, "body_limit: it is no number from 0 to 65536"),
        ("page", {"since": 0}, "since: it is 0, and the pack is at 3; write 4"),
        ("page", {"since": 5}, "since: it is 5, and the pack is at 3; write 4"),
        ("page", {"since": "3"}, "since: it is no number"),
        ("page", {"every": None, "statuses": None}, "every or some or statuses: it is missing"),
        ("page", {"every": [{"looks_at": "x"}]}, "wall.block: every: mark 1: looks_at is 'x'"),
        ("page", {"statuses": None}, "every: one phrase in a page of any status and length"),
        ("front", {"role": None}, "wall.present: role: it is missing"),
        ("front", {"statuses": [403]}, "statuses: nothing is called so here"),
        ("sender", {"side": "back"}, "side: it is 'back'; write one of: edge, origin"),
        ("provider", {"id": "wall.login"}, "id: it does not begin with provider., as all of its"),
        ("provider", {"hosts": None}, "hosts or path: it is missing"),
        ("provider", {"hosts": ["ID.wall.example"]}, "hosts: texts are compared so"),
        ("provider", {"hosts": "id.wall.example"}, "hosts: it is no list"),
        ("viewer", {"element": None}, "element or filled or scripts: it is missing"),
        ("viewer", {"filled": {"element": "a"}}, "filled: it is no pair"),
        ("viewer", {"filled": {"element": "a", "calls": []}}, "filled: it is no list"),
        ("viewer", {"never": "Greeting"}, "never: texts are compared so; write it in lower case"),
        ("listing", {"never": "a"}, "never: nothing is called so here"),
        ("listing", {"answer": "json"}, "answer: it is 'json'; write one of: html, xml"),
        ("code", {"looks_at": ["Title"]}, "looks_at: it is no list of facts"),
        ("code", {"looks_at": []}, "looks_at: it is no list of facts"),
        ("code", {"words": None}, "words: it is missing"),
    ],
)
def test_a_fault_is_told_with_file_rule_field_and_remedy(
    form: str, changed: dict[str, Any], fault: str
) -> None:
    (told,) = faults(form, **changed)
    assert told.startswith("rules/walls.toml: ")
    assert fault in told


def test_every_fault_is_told_at_once() -> None:
    assert len(faults(source="", strength="x", every=[])) == 3


def test_two_rules_of_one_name_are_refused_in_one_file_and_in_two() -> None:
    (told,) = faults_of(pack(PAGE, PAGE))
    assert told == "rules/walls.toml: wall.block: id: it is there twice; give one of them another"
    family = {"form": "page", "rule": [PAGE]}
    twice = WrittenPack(version=3, digest="", families={"walls": family, "gates": family})
    assert list(faults_of(twice)) == [
        "rules/gates.toml: wall.block: id: rules/walls.toml has it already; give it another"
    ]


def test_a_rule_without_a_name_is_told_by_its_number() -> None:
    told = list(faults_of(pack(PAGE, {**PAGE, "id": None})))
    assert any(line.startswith("rules/walls.toml: None: id: it is no id") for line in told)
    nameless = {name: value for name, value in PAGE.items() if name != "id"}
    assert "rules/walls.toml: rule 1: id: it is missing; add it" in faults_of(pack(nameless))


@pytest.mark.parametrize(
    ("family", "fault"),
    [
        ({"form": "wall"}, "form: it is 'wall'; write one of: page, front"),
        ({"rule": []}, "rule: it has no rules"),
        ({"rule": "x"}, "rule: it has no rules"),
        ({"rules": []}, "rules: nothing is called so here; did you mean rule?"),
        ({"statuses": {"denial": [4]}}, "statuses: denial: 4 is no status"),
        ({"statuses": [403]}, "statuses: they are no table"),
    ],
)
def test_a_fault_of_a_whole_file_is_told(family: dict[str, Any], fault: str) -> None:
    written = {"form": "page", "rule": [PAGE], **family}
    told = list(faults_of(WrittenPack(version=3, digest="", families={"walls": written})))
    assert any(line.startswith(f"rules/walls.toml: {fault}") for line in told)


def test_statuses_have_names_and_classes() -> None:
    family = {"form": "page", "statuses": {"denial": [401, 403]}}
    rule = {**PAGE, "statuses": ["denial", 200, "5xx"]}
    assert list(faults_of(pack(rule, statuses=family["statuses"]))) == []
    assert statuses_of(rule, family) == {401, 403, 200, *range(500, 600)}
    assert statuses_of({}, family) == frozenset()
