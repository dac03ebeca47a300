"""The form every rule has, and the one function that tells whether a rule fires.

A rule is data: what it looks at, under which status, and where that was learned. It fires when the
status fits, all of `every` are seen and, where there is a `some`, at least one of it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.prober.judge.html import visible_text
from services.prober.judge.page import Page
from services.prober.judge.verdict import Evidence, seen

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


class Effect(StrEnum):
    """What an answer is when a rule fires on it."""

    CHALLENGE = "challenge"
    BLOCK = "block"
    RATE_LIMIT = "rate_limited"
    WAITING_ROOM = "waiting_room"
    ACCESS_PROXY = "access_proxy"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; see the module for when it fires."""

    id: str
    effect: Effect
    # Who is behind it, for people.
    vendor: str
    source: str
    # Empty: any status.
    statuses: frozenset[int] = frozenset()
    every: tuple[Mark, ...] = ()
    some: tuple[Mark, ...] = ()
    # Characters; a phrase in a longer body is talk about the thing, not the thing.
    body_limit: int = _WHOLE_BODY
    # Characters of visible text; counted only when everything else fits.
    text_limit: int = _WHOLE_BODY


def header(name: str) -> Mark:
    """Look for a header by name, whatever its value."""
    return Mark(where=Where.HEADER, how=How.PRESENT, name=name)


def header_is(name: str, text: str) -> Mark:
    """Look for a header with exactly this value."""
    return Mark(where=Where.HEADER, how=How.IS, name=name, text=text)


def header_is_not(name: str, text: str) -> Mark:
    """Look for a header that is there with any other value."""
    return Mark(where=Where.HEADER, how=How.IS_NOT, name=name, text=text)


def header_begins(name: str, text: str) -> Mark:
    """Look for a header whose value begins so."""
    return Mark(where=Where.HEADER, how=How.BEGINS, name=name, text=text)


def header_has(name: str, text: str) -> Mark:
    """Look for a header whose value contains this."""
    return Mark(where=Where.HEADER, how=How.CONTAINS, name=name, text=text)


def cookie(prefix: str) -> Mark:
    """Look for a cookie being set whose name begins so."""
    return Mark(where=Where.COOKIE, how=How.BEGINS, text=prefix)


def title(text: str) -> Mark:
    """Look for a title that begins so."""
    return Mark(where=Where.TITLE, how=How.BEGINS, text=text)


def title_is(text: str) -> Mark:
    """Look for exactly this title."""
    return Mark(where=Where.TITLE, how=How.IS, text=text)


def title_has(text: str) -> Mark:
    """Look for a title that contains this."""
    return Mark(where=Where.TITLE, how=How.CONTAINS, text=text)


def body(text: str) -> Mark:
    """Look for this text in the body."""
    return Mark(where=Where.BODY, how=How.CONTAINS, text=text)


def reason_has(text: str) -> Mark:
    """Look for this text in the reason phrase of the status line."""
    return Mark(where=Where.REASON, how=How.CONTAINS, text=text)


def location_has(text: str) -> Mark:
    """Look for this text in the target of a redirect."""
    return Mark(where=Where.LOCATION, how=How.CONTAINS, text=text)


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
            return _evidence(rule, mark, page, mark.text)
        return None
    if where is Where.HEADER:
        return _header_seen(rule, mark, page)
    if where is Where.COOKIE:
        name = next((name for name in page.cookies if name.startswith(mark.text)), None)
        return None if name is None else _evidence(rule, mark, page, name)
    value = _text_at(where, page)
    return _evidence(rule, mark, page, value) if _fits(mark, value.strip().lower()) else None


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


def _evidence(rule: Rule, mark: Mark, page: Page, value: str) -> Evidence:
    return seen(rule.id, f"{page.where}.{mark.where}", value)
