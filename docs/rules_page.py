"""Renders docs/rules.md: every rule, what it looks for, and where that is known from."""

from collections.abc import Iterable, Iterator
from typing import Final

from services.prober.judge.pack import Declared
from services.prober.judge.words import fields_of, words_of

RULES_SOURCE: Final = "services/prober/judge/rules"
_OPENING: Final = """\
These are the rules of version {version}, in the order in which the judge asks them.
What they come to is told in [the verdict](verdict.md), and [how to add one](verdict.md#add-a-rule).
`GET /v1/check/{{id}}/explain` tells what came of each of them for one check.

The first that fires decides what an answer is; `beside` is a strength that never decides.
There are {count}.
"""
_HEAD: Final = (
    "| Rule | Looks for | In | Strength | Known from | Since |\n|---|---|---|---|---|---|"
)
# What would be markup, or the end of a cell.
_ESCAPES: Final = str.maketrans({"&": "&amp;", "|": "\\|", "<": "&lt;", ">": "&gt;", "*": "\\*"})


def rules_body(declared: Iterable[Declared], version: str) -> str:
    """Return the page without its title."""
    families: dict[str, list[Declared]] = {}
    for rule in declared:
        families.setdefault(rule.family, []).append(rule)
    count = sum(map(len, families.values()))
    sections = "\n".join(part for name, rules in families.items() for part in _section(name, rules))
    return f"{_OPENING.format(version=version, count=count)}\n{sections}".rstrip()


def _section(name: str, rules: Iterable[Declared]) -> Iterator[str]:
    yield f"## {name.replace('_', ' ').capitalize()}\n"
    yield f"As written in [{name}.toml](../{RULES_SOURCE}/{name}.toml).\n"
    yield _HEAD
    yield from map(_row, rules)
    yield ""


def _row(rule: Declared) -> str:
    fields = ", ".join(f"`{field}`" for field in fields_of(rule))
    words, source = (text.translate(_ESCAPES) for text in (words_of(rule), rule.source))
    return f"| `{rule.id}` | {words} | {fields} | {rule.strength} | {source} | {rule.since} |"
