"""Challenge pages of no known vendor: weak marks that count only together with something else.

A title or a captcha counts with a status that denies, or on a page that shows nothing but a
script; on a page that was served both are ordinary (signals 1.2 and 1.3).
"""

import re
from typing import Final

from services.prober.judge.html import visible_text
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

_DENIALS: Final = frozenset({403, 429, 503})
_SCRIPT_ONLY_CHARS: Final = 16384
_FEW_WORDS: Final = 250

_CHALLENGE_TITLES: Final = (
    "just a moment",
    "attention required",
    "checking your browser",
    "one moment, please",
    "verify you are human",
    "verifying you are human",
    "are you a robot",
    "human verification",
    "bot verification",
    "security check",
    "unusual traffic",
    "press & hold",
    "press and hold",
    "ddos protection",
    "un momento",
    "um momento",
    "un instant",
    "einen moment",
    "nur einen moment",
)
_WAITING_TITLES: Final = ("waiting room", "you are now in line", "you are in the queue")
# Widgets as markup or script addresses, so that a style named search-captcha is none of them.
_WIDGETS: Final = re.compile(
    r"(?:class|id|src|data-[a-z]++)\s*+=\s*+[\"'][^\"'<>]{0,200}?"
    r"((?<![\w-])g-recaptcha(?![\w-])|recaptcha/(?:api|enterprise)\.js|(?<![\w-])h-captcha(?![\w-])"
    r"|hcaptcha\.com/|(?<![\w-])cf-turnstile(?![\w-])|challenges\.cloudflare\.com/"
    r"|(?<![\w-])frc-captcha(?![\w-])|arkoselabs\.com|funcaptcha|geetest|altcha"
    r"|turing\.captcha)"
)
_WIDGET_NEEDLES: Final = (
    "captcha",
    "turnstile",
    "challenges.cloudflare",
    "arkoselabs",
    "geetest",
    "altcha",
)
# To load the same page again; a script that leads elsewhere is a redirect.
_RELOAD: Final = re.compile(
    r"location\.reload\(|location(?:\.href)?\s{0,4}=\s{0,4}(?:window\.|document\.)?location(?!\.p)"
    r"|location\.replace\(\s{0,4}(?:window\.|document\.)?location(?!\.p)"
)


def challenge_in(page: Page) -> tuple[Evidence, ...]:
    """Return what shows a challenge page of no known vendor; empty when nothing does."""
    if page.form is not Form.HTML:
        return ()
    if page.status in _DENIALS:
        return _by_title(page, _CHALLENGE_TITLES) or _by_widget(page)
    if page.is_ok and _shows_nothing_but_a_script(page):
        return _by_title(page, _CHALLENGE_TITLES) or _by_cookie_script(page)
    return ()


def waiting_room_in(page: Page) -> tuple[Evidence, ...]:
    """Return what shows a queue before the site; empty when nothing does."""
    if page.form is not Form.HTML or not (page.is_ok or page.status in _DENIALS):
        return ()
    if page.is_ok and len(page.lowered) > _SCRIPT_ONLY_CHARS:
        return ()
    return _by_title(page, _WAITING_TITLES, rule="generic.waiting_room")


def _by_title(
    page: Page, titles: tuple[str, ...], rule: str = "generic.challenge_title"
) -> tuple[Evidence, ...]:
    title = page.title.lower()
    if not any(known in title for known in titles):
        return ()
    return (
        seen(rule, f"{page.where}.title", page.title),
        seen(rule, f"{page.where}.status_code", page.status),
    )


def _by_widget(page: Page) -> tuple[Evidence, ...]:
    """Return the captcha of a denial; a login form with a captcha is a login form."""
    if any(form.passwords for form in page.html.forms):
        return ()
    if not any(needle in page.lowered for needle in _WIDGET_NEEDLES):
        return ()
    widget = _WIDGETS.search(page.lowered)
    if widget is None:
        return ()
    return (
        seen("generic.captcha", f"{page.where}.body", widget.group(1)),
        seen("generic.captcha", f"{page.where}.status_code", page.status),
    )


def _shows_nothing_but_a_script(page: Page) -> bool:
    if len(page.lowered) > _SCRIPT_ONLY_CHARS or "<script" not in page.lowered:
        return False
    return len(visible_text(page.lowered)) <= _FEW_WORDS


def _by_cookie_script(page: Page) -> tuple[Evidence, ...]:
    """Return a script that sets a cookie and loads the page again: the plainest challenge."""
    if page.html.script_sources or "document.cookie" not in page.lowered:
        return ()
    reload = _RELOAD.search(page.lowered)
    if reload is None:
        return ()
    return (
        seen("generic.cookie_script", f"{page.where}.body", f"document.cookie, {reload.group()}"),
        seen("generic.cookie_script", f"{page.where}.status_code", page.status),
    )
