"""Marks as tests write them, one function for each way to look."""

from services.prober.judge.rule import How, Mark, Where


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
