"""Finds the rules worth asking about an answer: nearly none of hundreds, at the price of a few.

Law: a rule that fires is never left out. One that is yielded may still not fire.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from services.prober.judge.page import Page
from services.prober.judge.rule import How, Mark, Rule, Where

# How a mark's text relates to what it is found in; the others say nothing about its text.
_HOLDS_ITS_TEXT: Final = frozenset({How.IS, How.BEGINS, How.CONTAINS, How.MATCHES})

# A text, and the number of a rule that cannot fire where it is not.
_Needle = tuple[str, int]


class Sieve:
    """Rules in their order, indexed by what each cannot fire without."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._by_header: dict[str, list[_Needle]] = {}
        self._by_body: dict[int, list[_Needle]] = {}
        self._by_text: dict[Where, list[_Needle]] = {where: [] for where in Where}
        self._always: list[int] = []
        # The text that was scanned last, and the rules found in it: a host's ports often share one.
        self._scanned: tuple[str, frozenset[int]] = ("", frozenset())
        for number, rule in enumerate(self._rules):
            self._add(number, rule)

    def candidates(self, page: Page) -> Iterator[Rule]:
        """Yield the rules that could fire on an answer, in their order."""
        numbers = set(self._always)
        for name in self._by_header.keys() & page.headers.keys():
            numbers.update(_found(self._by_header[name], page.headers[name].lower()))
        if self._by_body:
            numbers.update(self._in_body(page.lowered))
        for where, needles in self._by_text.items():
            if needles and (text := _text_at(where, page)):
                numbers.update(_found(needles, text))
        return (self._rules[number] for number in sorted(numbers))

    def _in_body(self, text: str) -> frozenset[int]:
        if self._scanned[0] is not text:
            found: set[int] = set()
            for limit, needles in self._by_body.items():
                if len(text) <= limit:
                    found.update(_found(needles, text))
            self._scanned = (text, frozenset(found))
        return self._scanned[1]

    def _add(self, number: int, rule: Rule) -> None:
        # Any one of `every` is needed; of `some`, one is, and it may be any.
        marks = rule.every[:1] or rule.some
        for mark in marks:
            self._add_mark(number, rule, mark)
        if not marks:
            self._always.append(number)

    def _add_mark(self, number: int, rule: Rule, mark: Mark) -> None:
        text = mark.text if mark.how in _HOLDS_ITS_TEXT else ""
        if not text and mark.where is not Where.HEADER:
            self._always.append(number)  # it may fire where there is nothing to look in
        elif mark.where is Where.BODY:
            self._by_body.setdefault(rule.body_limit, []).append((text, number))
        elif mark.where is not Where.HEADER:
            self._by_text[mark.where].append((text, number))
        elif mark.name.endswith("*"):
            self._by_text[Where.HEADER].append((mark.name[:-1], number))
        else:
            self._by_header.setdefault(mark.name, []).append((text, number))


def _found(needles: list[_Needle], text: str) -> list[int]:
    return [number for needle, number in needles if needle in text]


def _text_at(where: Where, page: Page) -> str:
    if where is Where.TITLE:
        return page.title.lower()
    if where is Where.COOKIE:
        return "\n".join(page.cookies)
    if where is Where.HEADER:  # the beginnings of names
        return "\n".join(page.headers)
    return (page.reason if where is Where.REASON else page.location).lower()
