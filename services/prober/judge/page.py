"""One answer made ready for the rules: decoded once, lower-cased once, scanned once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from outscope.quickly import quickly_made
from services.prober.facts import HostFacts, PathFacts, Redirect
from services.prober.judge.chain import Step, steps_of
from services.prober.judge.html import HtmlFacts, html_facts

MAX_BODY_BYTES: Final = 64 * 1024
_SNIFF_BYTES: Final = 1024

# Codecs by name as servers spell them; anything else is read as UTF-8. A list, because Python's own
# registry also answers to names that decompress or that take quadratic time.
_CODECS: Final = MappingProxyType(
    {
        "iso-8859-1": "cp1252",
        "latin1": "cp1252",
        "windows-1252": "cp1252",
        "iso-8859-2": "iso8859_2",
        "iso-8859-15": "iso8859_15",
        "windows-1250": "cp1250",
        "windows-1251": "cp1251",
        "windows-1253": "cp1253",
        "windows-1254": "cp1254",
        "koi8-r": "koi8_r",
        "shift_jis": "cp932",
        "euc-jp": "euc_jp",
        "euc-kr": "euc_kr",
        "gbk": "gbk",
        "gb2312": "gbk",
        "gb18030": "gb18030",
        "big5": "big5",
        "utf-16": "utf_16",
        "utf-16le": "utf_16_le",
    }
)
_TEXT_TYPES: Final = ("json", "xml", "javascript", "ecmascript", "yaml", "graphql", "form-url")
# Types that say nothing; the bytes decide.
_SILENT_TYPES: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_LOOKS_JSON: Final = re.compile(r"\{\s*+[\"}]|\[\s*+[\[{\"\]]")
_FRONT: Final = "/"
_SUCCESS: Final = range(200, 300)
_READ_FOR_FORMS: Final = frozenset({401, 403})


class Form(StrEnum):
    """What a body is, by its declared type and its first character."""

    EMPTY = "empty"
    HTML = "html"
    JSON = "json"
    XML = "xml"
    TEXT = "text"
    BINARY = "binary"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer; where is the path of its facts, such as paths[0]."""

    where: str
    path: str
    url: str
    status: int
    reason: str
    headers: Mapping[str, str]
    # Names of the cookies set, in lower case.
    cookies: tuple[str, ...]
    media_type: str
    form: Form
    # The body as text, and the same in lower case; empty when it is not text.
    text: str = field(repr=False)
    lowered: str = field(repr=False)
    title: str
    location: str
    # Empty without a body.
    body_sha256: str
    truncated: bool
    # The answer ended as its sender meant it to, or where we had read enough.
    is_finished: bool
    html: HtmlFacts = field(repr=False)
    # The answers of the same path whose redirects led here, the first one first.
    before: tuple["Page", ...] = ()
    # What its redirect led to and where that is in the facts, when it was followed.
    then: Redirect | None = field(default=None, repr=False)
    then_where: str = ""

    @property
    def asked(self) -> str:
        """Return the path that was asked for, and whereto its redirects led, for people."""
        if not self.before:
            return self.path
        return f"{self.before[0].path} (redirected to {self.url.partition('?')[0][:200]})"

    @property
    def is_front(self) -> bool:
        """Tell whether it answers for the front page."""
        return (self.before[0] if self.before else self).path == _FRONT

    @property
    def urls(self) -> tuple[str, ...]:
        """Return every URL that was requested for it."""
        return (*(page.url for page in self.before), self.url)

    @property
    def is_ok(self) -> bool:
        """Tell whether the status is a 2xx."""
        return self.status in _SUCCESS

    @property
    def is_shapeless(self) -> bool:
        """Tell whether neither the declared type nor the bytes say what the body is."""
        return self.media_type in _SILENT_TYPES and self.form in {Form.TEXT, Form.BINARY}


def pages_of(facts: HostFacts) -> tuple[Page, ...]:
    """Return every answered path; when none was, what the ports answered to the first request."""
    paths = [
        _last_page(steps_of(f"paths[{i}]", path, facts.fqdn))
        if path.redirects
        else page_of(f"paths[{i}]", path)
        for i, path in enumerate(facts.paths)
    ]
    if any(paths):
        return tuple(page for page in paths if page is not None)
    probes = [
        page_of(f"ports[{i}].probe", port.probe) for i, port in enumerate(facts.ports) if port.probe
    ]
    return tuple(page for page in probes if page is not None)


def other_pages_of(facts: HostFacts, pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """Return what the ports answered that is not among these pages already."""
    known = {url for page in pages for url in page.urls}
    like = pages[0] if pages else None
    probes = (
        page_of(f"ports[{i}].probe", port.probe, like)
        for i, port in enumerate(facts.ports)
        if port.probe is not None and port.probe.url not in known
    )
    return tuple(page for page in probes if page is not None)


def _last_page(steps: tuple[Step, ...]) -> Page | None:
    """Return the answer that stands for a path, with those before it."""
    before: tuple[Page, ...] = ()
    page = None
    for step in steps:
        made = page_of(step.where, step.answer)
        if made is None:
            break
        page = replace(made, before=before, then=step.then, then_where=step.then_where)
        before = (*before, page)
    return page


def page_of(where: str, facts: PathFacts, like: Page | None = None) -> Page | None:
    """Return one answer ready for the rules, or None when there was no answer.

    What was read of another page with the same text is not read again: ports often serve the same.
    """
    if facts.status is None:
        return None
    media_type = (facts.content_type or "").partition(";")[0].strip().lower()
    text = _text_of(facts, media_type)
    if like is not None and _reads_alike(like, text, media_type, facts.status):
        lowered, form, html = like.lowered, like.form, like.html
    else:
        lowered = text.lower()
        form = _form_of(media_type, facts.body, lowered)
        html = _html_of(form, lowered, facts.status)
    return Page(
        where=where,
        path=facts.path,
        url=facts.url,
        status=facts.status,
        reason=facts.reason,
        headers=_joined(facts.headers),
        cookies=_cookie_names(facts.headers),
        media_type=media_type,
        form=form,
        text=text,
        lowered=lowered,
        title=facts.title,
        location=facts.location,
        body_sha256=facts.body_sha256,
        truncated=facts.truncated,
        is_finished=facts.outcome.ok,
        html=html,
    )


def _reads_alike(like: Page, text: str, media_type: str, status: int) -> bool:
    is_same = like.text == text and (like.media_type, like.status) == (media_type, status)
    return is_same and bool(text) and not text.isspace()  # blank text may be of different bytes


def _html_of(form: Form, lowered: str, status: int) -> HtmlFacts:
    wants_html = form is Form.HTML and (status in _SUCCESS or status in _READ_FOR_FORMS)
    return html_facts(lowered) if wants_html else HtmlFacts()


def _joined(headers: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return the headers with repeated ones joined as RFC 9110 section 5.3 allows."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _cookie_names(headers: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(
        value.partition("=")[0].strip().lower() for name, value in headers if name == "set-cookie"
    )


def _text_of(facts: PathFacts, media_type: str) -> str:
    """Return the body as text, or nothing when its type or its bytes say it is not text."""
    body = facts.body[:MAX_BODY_BYTES]
    codec = _CODECS.get(facts.charset.strip("\"' "), "utf-8")
    if media_type in _SILENT_TYPES:
        if b"\0" in body[:_SNIFF_BYTES]:
            return ""
    elif not media_type.startswith("text/") and not any(t in media_type for t in _TEXT_TYPES):
        return ""
    return body.decode(codec, errors="replace").lstrip("\ufeff")


def _form_of(media_type: str, body: bytes, lowered: str) -> Form:
    """Return what the body is; a body that looks like JSON is JSON however it was declared."""
    if not body or body.isspace():
        return Form.EMPTY
    if not lowered:
        return Form.BINARY
    start = lowered[:_SNIFF_BYTES].lstrip()
    if "json" in media_type or _LOOKS_JSON.match(start):
        return Form.JSON
    if "html" in media_type:
        return Form.HTML
    if "xml" in media_type or start.startswith("<?xml"):
        # A page in XHTML, which browsers show as one.
        is_page = "xml" in media_type and _root_of(start).startswith(("<!doctype html", "<html"))
        return Form.HTML if is_page else Form.XML
    looks_html = start.startswith(("<!doctype html", "<html", "<head", "<body"))
    return Form.HTML if media_type in _SILENT_TYPES and looks_html else Form.TEXT


def _root_of(start: str) -> str:
    """Return what follows the declaration of XML."""
    return start.partition("?>")[2].lstrip() if start.startswith("<?xml") else start
