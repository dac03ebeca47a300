"""The form every rule has, and the one function that tells whether a rule fires.

A rule is data, written in the rule pack: what it looks at, and under which status. It fires when
the status fits, all of `every` are seen and, where there is a `some`, at least one of it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.prober.judge.html import visible_text
from services.prober.judge.page import Page
from services.prober.judge.verdict import Evidence, Role, seen

_WHOLE_BODY: Final = 65536


class Where(StrEnum):
    """The part of an answer a mark is looked for in; the value is its name in the facts."""

    HEADER = "headers"
    COOKIE = "headers.set-cookie"
    TITLE = "title"
    BODY = "body"
    REASON = "reason"
    LOCATION = "location"


class How(StrEnum):
    """How a mark's text is compared; always without regard to case."""

    PRESENT = "present"
    IS = "is"
    IS_NOT = "is_not"
    BEGINS = "begins"
    CONTAINS = "contains"
    # A pattern, in what contains a text that it cannot match without.
    MATCHES = "matches"


class Strength(StrEnum):
    """How much a rule that decides is worth; from the most to the least."""

    # Only its own kind of answer has what it looks at.
    DEFINITIVE = "definitive"
    # It counts only with the status, or the words, that it came with.
    CONDITIONAL = "conditional"
    SLIGHT = "slight"
    # It is told beside what decides, and never does.
    BESIDE = "beside"


class Effect(StrEnum):
    """What an answer is when a rule fires on it."""

    CHALLENGE = "challenge"
    BLOCK = "block"
    RATE_LIMIT = "rate_limited"
    WAITING_ROOM = "waiting_room"
    ACCESS_PROXY = "access_proxy"
    CLIENT_CERTIFICATE = "client_certificate_required"
    DEFAULT_PAGE = "default_page"
    PARKED = "parked"
    UNCLAIMED = "unclaimed_host"
    ORIGIN_ERROR = "origin_error"
    # Somebody stands in front and answered with an error that may be theirs or the application's.
    UNCLEAR = "ambiguous"
    # Somebody stands in front. Never decides.
    PRESENT = "edge_present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing to look for; text and name are in lower case, a name ending in * is a prefix."""

    where: Where
    how: How
    text: str = ""
    name: str = ""
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; see the module for when it fires."""

    id: str
    effect: Effect
    # Who is behind it, for people.
    vendor: str
    # Whoever it is stands in front of the application, by this name.
    is_layer: bool = True
    # In which whoever it is stands in front; None for that of the effect.
    role: Role | None = None
    # Its own sentence, when that of its effect does not do.
    message: str = ""
    # Empty: any status.
    statuses: frozenset[int] = frozenset()
    every: tuple[Mark, ...] = ()
    some: tuple[Mark, ...] = ()
    # Characters; a phrase in a longer body is talk about the thing, not the thing.
    body_limit: int = _WHOLE_BODY
    # Characters of visible text; counted only when everything else fits.
    text_limit: int = _WHOLE_BODY


def evidence_for(rule: Rule, page: Page) -> tuple[Evidence, ...]:
    """Return what makes a rule fire on an answer; empty when it does not fire."""
    if rule.statuses and page.status not in rule.statuses:
        return ()
    found: list[Evidence] = []
    for mark in rule.every:
        match = _seen(rule, mark, page)
        if match is None:
            return ()
        found.append(match)
    if rule.some:
        one = next((match for mark in rule.some if (match := _seen(rule, mark, page))), None)
        if one is None:
            return ()
        found.append(one)
    if rule.text_limit < len(page.lowered) and len(visible_text(page.lowered)) > rule.text_limit:
        return ()
    if rule.statuses:
        found.append(seen(rule.id, f"{page.where}.status_code", page.status))
    return tuple(found)


def _seen(rule: Rule, mark: Mark, page: Page) -> Evidence | None:
    where = mark.where
    if where is Where.BODY:  # by far the most
        if mark.text in page.lowered and len(page.lowered) <= rule.body_limit:
            return _seen_in_body(rule, mark, page)
        return None
    if where is Where.HEADER:
        return _header_seen(rule, mark, page)
    if where is Where.COOKIE:
        name = next((name for name in page.cookies if _fits(mark, name)), None)
        return None if name is None else _evidence(rule, mark, page, name)
    value = _text_at(where, page)
    return _evidence(rule, mark, page, value) if _fits(mark, value.strip().lower()) else None


def _seen_in_body(rule: Rule, mark: Mark, page: Page) -> Evidence | None:
    if mark.pattern is None:
        return _evidence(rule, mark, page, mark.text)
    match = mark.pattern.search(page.lowered)
    return _evidence(rule, mark, page, match.group()) if match else None


def _text_at(where: Where, page: Page) -> str:
    if where is Where.TITLE:
        return page.title
    return page.reason if where is Where.REASON else page.location


def _header_seen(rule: Rule, mark: Mark, page: Page) -> Evidence | None:
    name: str | None = mark.name
    if mark.name.endswith("*"):
        name = next((key for key in page.headers if key.startswith(mark.name[:-1])), None)
    value = page.headers.get(name) if name else None
    if value is None or not _fits(mark, value.strip().lower()):
        return None
    return seen(rule.id, f"{page.where}.headers.{name}", value)


def _fits(mark: Mark, value: str) -> bool:
    match mark.how:
        case How.PRESENT:
            return True
        case How.IS:
            return value == mark.text
        case How.IS_NOT:
            return value != mark.text
        case How.BEGINS:
            return value.startswith(mark.text)
        case How.CONTAINS:
            return mark.text in value
        case How.MATCHES:
            pattern = mark.pattern if mark.text in value else None
            return pattern is not None and pattern.search(value) is not None


def _evidence(rule: Rule, mark: Mark, page: Page, value: str) -> Evidence:
    return seen(rule.id, f"{page.where}.{mark.where}", value)
