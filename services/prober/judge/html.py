"""Reads from an HTML document what the rules ask for: forms, scripts, refreshes, visible text.

A scanner, not a parser: one pass over at most 64 KiB, every pattern linear whatever the input, and
a hard limit on the tags looked at. All text is expected in lower case.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from services.prober.judge.pack_source import WRITTEN_PACK, elements_in

_MAX_TAGS: Final = 1000
_MAX_FORMS: Final = 64
# How much of a page is read for the words of its forms: of those with fields, the first few.
_WORDED_FORMS: Final = 8
_FORM_SOURCE_CHARS: Final = 8192
_FORMS_SOURCE_CHARS: Final = 16_384
_MAX_TAG_CHARS: Final = 4096
_MAX_WORDS_CHARS: Final = 4096
_AROUND_CHARS: Final = 600

# Quoted values may hold ">"; possessive quantifiers leave nothing to backtrack into.
_ATTRIBUTES: Final = r"((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+|[^<>]*+)>"
_NAMES: Final = (
    *("form", "input", "button", "script", "style", "template", "noscript", "meta"),
    *("frame", "iframe", "textarea", "xmp"),
    # Custom elements that rules look for.
    *map(re.escape, elements_in(WRITTEN_PACK)),
)
# The first letters before the names: most tags are others, and are passed at the price of one look.
_TAG: Final = re.compile(
    rf"<(?:(!--)|(/?)(?=[{''.join(sorted({name[:1] for name in _NAMES}))}])({'|'.join(_NAMES)})"
    r"(?![a-z0-9-])" + _ATTRIBUTES + ")"
)
_UNSEEN: Final = re.compile(r"<(!--|(?:script|style|template|noscript|title)(?![a-z0-9-]))")
# Neither are these something to read: where to go, what to choose, what a field is for.
_NO_PROSE: Final = re.compile(
    r"<(!--|(?:script|style|template|noscript|title|a|button|label|select)(?![a-z0-9-]))"
)
# What browsers make no elements of is in these, and scripts run that are in none of them.
_INERT: Final = re.compile(
    r"<(!--|(?:script|style|template|noscript|textarea|xmp|title)(?![a-z0-9-]))"
)
_ANY_TAG: Final = re.compile(r"<[^<>]*+>")
_ATTRIBUTE: Final = re.compile(
    r"(?<![a-z0-9_-])([a-z][a-z0-9_-]{0,40}+)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'<>]++))"
)
_REFRESH_URL: Final = re.compile(r"^\s*+[\d.]*+\s*+[;,]?\s*+url\s*+=\s*+['\"]?([^'\"]++)")

# What is inside is not shown: not to people, or not where scripts run.
_RAW_TEXT: Final = ("script", "style", "template", "noscript", "textarea", "xmp")
_TYPED_BY_PEOPLE: Final = frozenset({"", "text", "email", "tel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field a person types into; names holds name, id, autocomplete, placeholder and label."""

    type: str
    names: str
    autocomplete: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form, or the fields of a page that stand outside any form."""

    fields: tuple[Field, ...] = ()
    action: str = ""
    # Attributes of the form, its labels and buttons.
    words: str = ""
    # Stands outside any form element; the words are those around the fields.
    is_loose: bool = False

    @property
    def passwords(self) -> int:
        """Return how many fields hide what is typed."""
        return sum(field.type == "password" for field in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlFacts:
    """What one document holds."""

    forms: tuple[Form, ...] = ()
    script_sources: tuple[str, ...] = ()
    frame_sources: tuple[str, ...] = ()
    # Where <meta http-equiv=refresh> leads.
    refresh: str = ""
    # Custom elements of documentation viewers.
    elements: frozenset[str] = frozenset()
    links: int = 0


@dataclass(slots=True)
class _Reading:
    """What has been read so far; forms close when the next begins."""

    text: str
    forms: list[Form] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    refresh: str = ""
    elements: set[str] = field(default_factory=set)
    fields: list[Field] = field(default_factory=list)
    loose: list[Field] = field(default_factory=list)
    loose_from: int = -1
    loose_to: int = -1
    words: list[str] = field(default_factory=list)
    form: Form | None = None
    form_from: int = 0
    worded: int = 0
    source_left: int = _FORMS_SOURCE_CHARS

    def close_form(self, end: int) -> None:
        if self.form is None or len(self.forms) >= _MAX_FORMS:
            return
        words = " ".join([self.form.words, *self.words, self._inner(end)])[:_MAX_WORDS_CHARS]
        self.forms.append(replace(self.form, fields=tuple(self.fields), words=words))
        self.form, self.fields, self.words = None, [], []

    def _inner(self, end: int) -> str:
        """Return the text of the form that ends here; nothing of one whose words nobody asks."""
        size = min(end - self.form_from, _FORM_SOURCE_CHARS, self.source_left)
        if not self.fields or self.worded >= _WORDED_FORMS or size <= 0:
            return ""
        self.worded += 1
        self.source_left -= size
        return visible_text(self.text[self.form_from : self.form_from + size])

    def add_field(self, item: Field, start: int) -> None:
        if self.form is not None:
            self.fields.append(item)
            return
        self.loose.append(item)
        self.loose_from = start if self.loose_from < 0 else self.loose_from
        self.loose_to = start


def attributes(tag: str) -> dict[str, str]:
    """Return the attributes of a tag in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(tag[:_MAX_TAG_CHARS]):
        found.setdefault(name, double or single or bare)
    return found


def html_facts(text: str) -> HtmlFacts:
    """Return what a lower-case document holds; never raises, whatever the text."""
    reading = _Reading(text=text)
    position = 0
    read = 0
    while read < _MAX_TAGS and (match := _TAG.search(text, position)) is not None:
        read += match.group(1) is None  # comments are passed, of which frameworks leave thousands
        position = _read_tag(reading, match)
    reading.close_form(len(text))
    return HtmlFacts(
        forms=(*reading.forms, *_loose_form(reading)),
        script_sources=tuple(reading.scripts),
        frame_sources=tuple(reading.frames),
        refresh=reading.refresh,
        elements=frozenset(reading.elements),
        links=text.count("<a "),
    )


def _read_tag(reading: _Reading, match: re.Match[str]) -> int:
    """Take one tag in and return where to go on: after it, or after the raw text it opens."""
    comment, closing, name, inside = match.groups()
    if comment:
        return _after(reading.text, "-->", match.end())
    if closing:
        if name == "form":
            reading.close_form(match.start())
        return match.end()
    if name == "form":
        reading.close_form(match.start())
        _open_form(reading, inside, match.end())
    elif name in {"input", "button"}:
        _read_control(reading, name, attributes(inside), match.start())
    else:
        _read_other(reading, name, inside)
    is_raw = name in _RAW_TEXT
    return _after(reading.text, f"</{name}", match.end()) if is_raw else match.end()


def _after(text: str, end: str, start: int) -> int:
    found = text.find(end, start)
    return len(text) if found < 0 else found + len(end)


def _open_form(reading: _Reading, inside: str, start: int) -> None:
    known = attributes(inside)
    words = " ".join(known.get(key, "") for key in ("id", "name", "class", "aria-label"))
    reading.form = Form(action=known.get("action", ""), words=words)
    reading.form_from = start


def _read_control(reading: _Reading, name: str, known: dict[str, str], start: int) -> None:
    kind = "submit" if name == "button" else known.get("type", "")
    if kind in {"submit", "button", "image"}:
        reading.words += [known.get(key, "") for key in ("value", "id", "name", "aria-label")]
    elif kind == "password" or kind in _TYPED_BY_PEOPLE:
        keys = ("name", "id", "autocomplete", "placeholder", "aria-label")
        names = " ".join(known[key] for key in keys if key in known)
        autocomplete = known.get("autocomplete", "")
        reading.add_field(Field(type=kind, names=names, autocomplete=autocomplete), start)


def _read_other(reading: _Reading, name: str, inside: str) -> None:
    if name == "script":
        source = attributes(inside).get("src")
        reading.scripts += [source] if source else []
    elif name in {"frame", "iframe"}:
        source = attributes(inside).get("src")
        reading.frames += [source] if source else []
    elif name == "meta":
        known = attributes(inside)
        if known.get("http-equiv") == "refresh" and not reading.refresh:
            url = _REFRESH_URL.match(known.get("content", ""))
            reading.refresh = url.group(1).strip() if url else ""
    elif name not in _RAW_TEXT:
        reading.elements.add(name)


def _loose_form(reading: _Reading) -> tuple[Form, ...]:
    """Return fields outside any form as one form, with the words around them: single-page apps."""
    if not reading.loose:
        return ()
    start = max(0, reading.loose_from - _AROUND_CHARS)
    around = reading.text[start : reading.loose_to + _AROUND_CHARS][:16384]
    words = visible_text(around)[:_MAX_WORDS_CHARS]
    return (Form(fields=tuple(reading.loose), words=words, is_loose=True),)


def visible_text(text: str) -> str:
    """Return a lower-case document's text without scripts, styles, comments and tags."""
    return _text_without(_UNSEEN, text)


def prose(text: str) -> str:
    """Return what there is to read in a lower-case document: no links, labels and buttons."""
    return _text_without(_NO_PROSE, text)


def live_source(text: str) -> str:
    """Return a lower-case document without what is neither an element nor a script that runs."""
    kept: list[str] = []
    position = 0
    for _ in range(_MAX_TAGS):
        match = _INERT.search(text, position)
        if match is None:
            break
        name = match.group(1)
        kept.append(text[position : match.start()])
        end = "-->" if name == "!--" else f"</{name}"
        position = _after(text, end, match.end())
        if name == "script":
            kept.append(text[match.start() : position])
    return "".join((*kept, text[position:]))


def _text_without(left_out: re.Pattern[str], text: str) -> str:
    kept: list[str] = []
    position = 0
    for _ in range(_MAX_TAGS):
        match = left_out.search(text, position)
        if match is None:
            kept.append(text[position:])
            break
        kept.append(text[position : match.start()])
        if match.group(1) == "!--":
            position = _after(text, "-->", match.end())
        else:
            position = _after(text, ">", _after(text, f"</{match.group(1)}", match.end()))
    else:
        kept.append(text[position:])  # as it is: more there than is looked at, not less
    return " ".join(_ANY_TAG.sub(" ", " ".join(kept)).split())
