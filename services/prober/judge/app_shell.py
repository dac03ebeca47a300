"""Tells the shell of a single-page application: a page that is empty until its scripts draw it.

Scripts alone are on every page. A shell shows next to nothing to read and leads nowhere, and has
the element its scripts fill, a notice for those without scripts, or nothing but scripts.
"""

import re
from typing import Final

from services.prober.judge.html import visible_text
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

_ONLY_SCRIPTS: Final = "spa.only_scripts"
_FEW_LINKS: Final = 2
_COUNTED_LINKS: Final = 50
_FEW_WORDS: Final = 250
_NOTICE_OF_LOADING: Final = 30
_NOTICES: Final = 4
_HEADINGS: Final = 4
_NOTICE_CHARS: Final = 600
_NOWHERE: Final = ('href="#"', "href='#'", 'href=""', "href='#/", 'href="#/', "href=''")
# The elements that frameworks fill, as their own starters name them.
_ROOT: Final = re.compile(
    r"<(?:div|main|section)\s[^<>]{0,200}?\bid\s{0,4}=\s{0,4}[\"']?"
    r"(root|app|__next|__nuxt|___gatsby|svelte|q-app|app-root|react-?root|react-app|elm|mount)"
    r"(?=[\"'\s>/])|<(app-root|my-app|ng-app)(?=[\s>])"
)
_LOADING: Final = ("loading", "please wait", "cargando", "chargement", "wird geladen", "laden")


def app_shell_in(page: Page) -> tuple[Evidence, ...]:
    """Return what shows an empty frame that scripts will fill; empty when the page is none."""
    is_scripted = page.form is Form.HTML and page.is_ok and "<script" in page.lowered
    if not is_scripted or _leads_on(page):
        return ()
    mark = _mark_of(page)
    if mark is None:
        return ()
    rule, value = mark
    text = visible_text(page.lowered)
    if rule == _ONLY_SCRIPTS:
        is_empty = not text or (len(text) <= _NOTICE_OF_LOADING and text.startswith(_LOADING))
    else:
        is_empty = len(text) <= _FEW_WORDS
    return (seen(rule, f"{page.where}.body", value),) if is_empty else ()


def _mark_of(page: Page) -> tuple[str, str] | None:
    """Return the rule that may make a shell of a page with nothing to read, and what it saw."""
    root = _ROOT.search(page.lowered)
    if root:
        return "spa.app_root", root.group(1) or root.group(2)
    notice = _notice_in(page.lowered)
    if notice and not _has_heading(page.lowered):
        return "spa.noscript", notice
    if page.html.script_sources and not page.html.forms and not page.html.frame_sources:
        return _ONLY_SCRIPTS, page.html.script_sources[0]
    return None


def _has_heading(text: str) -> bool:
    """Tell a heading outside of what is for those without scripts: a server wrote the page."""
    position = 0
    for _ in range(_HEADINGS):
        position = text.find("<h1", position) + 1
        if position == 0:
            return False
        opened, closed = (text.rfind(tag, 0, position) for tag in ("<noscript", "</noscript"))
        if closed >= opened:
            return True
    return False


def _leads_on(page: Page) -> bool:
    """Tell whether there are links a crawler could follow."""
    links = page.html.links
    if _FEW_LINKS < links <= _COUNTED_LINKS:
        links -= sum(page.lowered.count(nowhere) for nowhere in _NOWHERE)
    return links > _FEW_LINKS


def _notice_in(text: str) -> str:
    """Return the notice for those without scripts; pixels of trackers are none."""
    position = 0
    for _ in range(_NOTICES):
        start = text.find("<noscript", position)
        if start < 0:
            return ""
        position = text.find("</noscript", start)
        end = len(text) if position < 0 else position
        notice = text[start : min(end, start + _NOTICE_CHARS)]
        if "javascript" in notice:
            return " ".join(notice.partition(">")[2].split())
        if position < 0:
            return ""
    return ""
