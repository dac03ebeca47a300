"""Builds HTML in which no text is anything but text.

Law: whatever is a str is escaped where it is put in, as an element's text or an attribute's value;
only what this module has built is not.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final, TypeAlias

# Control characters mean nothing in a page, and some of them hide what follows in a terminal.
# Those that embed, override or isolate a direction would turn round what we say after them.
# Source: Unicode Standard Annex 9, section 2.
_DIRECTIONS: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS: Final = {
    code: "\ufffd"
    for code in (*range(32), *range(0x7F, 0xA0), *_DIRECTIONS)
    if code not in {9, 10, 13}
}


class Html:
    """A piece of HTML that was built here."""

    __slots__ = ("_text",)

    def __init__(self, tag: str, attributes: str, children: str | None) -> None:
        body = "" if children is None else f"{children}</{tag}>"
        self._text = f"<{tag}{attributes}>{body}"

    def __str__(self) -> str:
        return self._text


Child: TypeAlias = Html | str | int | None


def element(tag: str, /, *children: Child, **attributes: str) -> Html:
    """Return an element; an attribute class_ is written class, and None is no child."""
    return Html(tag, _attributes(attributes), "".join(map(_written, children)))


def void(tag: str, /, **attributes: str) -> Html:
    """Return an element that has no end, such as meta; attributes as those of element."""
    return Html(tag, _attributes(attributes), None)


def stylesheet(css: str) -> Html:
    """Return a style element; the text is ours, since nothing in it can be escaped."""
    if "</" in css:
        raise ValueError("a style sheet with the end of an element in it")
    return Html("style", "", css)


def page(head: Iterable[Html], body: Iterable[Html]) -> str:
    """Return a document."""
    document = Html(
        "html",
        ' lang="en"',
        f"<head>{''.join(map(str, head))}</head><body>{''.join(map(str, body))}</body>",
    )
    return f"<!DOCTYPE html>{document}"


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
        for key, value in attributes.items()
    )


def _written(child: Child) -> str:
    if child is None:
        return ""
    return str(child) if isinstance(child, Html) else _escaped(str(child))


def shown(text: str) -> str:
    """Return a text as it is read on a page: what cannot be shown is replaced."""
    # Half a surrogate pair cannot be sent.
    return text.encode("utf-8", "replace").decode("utf-8").translate(_CONTROLS)


def _escaped(text: str) -> str:
    return escape(shown(text), quote=True)
