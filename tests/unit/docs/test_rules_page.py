from docs.rules_page import rules_body
from services.prober.judge.pack import declared_in
from tests.unit.prober.judge.packs import PAGE, RULES, pack

HEAD = "| Rule | Looks for | In | Strength | Known from | Since |"


def test_every_family_has_a_table_of_its_rules() -> None:
    other = {**PAGE, "id": "wall.limit", "effect": "rate_limited", "strength": "slight"}
    body = rules_body(declared_in(pack(PAGE, other)), "3")
    assert "rules of version 3," in body
    assert "There are 2." in body
    assert body.splitlines()[-6:] == [
        "As written in [walls.toml](../services/prober/judge/rules/walls.toml).",
        "",
        HEAD,
        "|---|---|---|---|---|---|",
        (
            "| `wall.block` | a body that holds “blocked by wall”, with status 403 | `body`, "
            "`status_code` | definitive | wall.example: block page | 3 |"
        ),
        (
            "| `wall.limit` | a body that holds “blocked by wall”, with status 403 | `body`, "
            "`status_code` | slight | wall.example: block page | 3 |"
        ),
    ]


def test_what_would_be_markup_is_shown_as_it_is_written() -> None:
    rule = {**RULES["code"], "words": "a <b> | c*", "source": "a|b"}
    row = rules_body(declared_in(pack(rule, form="code")), "3").splitlines()[-1]
    assert r"| a &lt;b&gt; \| c\* |" in row
    assert r"| a\|b |" in row
