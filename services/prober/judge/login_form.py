"""Tells a login form from forms that register, subscribe, search or change a password."""

import re
from dataclasses import replace
from itertools import islice
from typing import Final

from services.prober.judge.html import Field, Form, visible_text
from services.prober.judge.login_words import (
    LOGIN_LABELS,
    MAILING_LABELS,
    REGISTER_LABELS,
    WHO_FIELDS,
    first_in,
    is_register_address,
    login_address_word,
    login_label_in,
)
from services.prober.judge.page import Page
from services.prober.judge.verdict import Evidence, seen

_FEW: Final = 3
_FEW_WORDS: Final = 250
_LABEL_CHARS: Final = 30
_NAME: Final = "name"
_AUTOFILLED: Final = frozenset({"username", "webauthn"})
_MOST_LINKS: Final = 12
_LINK: Final = re.compile(r"<a\s[^<>]{0,256}?\bhref\s{0,4}=\s{0,4}[\"']?([^\"'<>\s]{1,512})")
_SEPARATOR: Final = re.compile(r"[|:\N{BULLET}\N{MIDDLE DOT}\N{EN DASH}\N{EM DASH}]| - ")


def login_form_in(page: Page) -> tuple[Evidence, ...]:
    """Return what shows a login form on a page; empty when there is none."""
    for form in page.html.forms:
        evidence = _with_password(form, page) if form.passwords else _identifier_first(form, page)
        if evidence:
            return evidence
    return _login_titled(page)


def _login_titled(page: Page) -> tuple[Evidence, ...]:
    """Judge a page without a form to fill in whose title says that it is a login.

    It shows next to nothing: its scripts will draw the form, or it offers ways to log in elsewhere.
    """
    parts = [part.strip() for part in _SEPARATOR.split(page.title.lower())]
    titled = any(
        part.startswith(LOGIN_LABELS) and len(part) <= _LABEL_CHARS for part in parts if part
    )
    if not titled or len(visible_text(page.lowered)) > _FEW_WORDS:
        return ()
    title = seen("auth.login_shell", f"{page.where}.title", page.title)
    if page.html.script_sources and page.html.links <= _FEW:
        return (title,)
    way = _way_to_log_in(page)
    if way is None:
        return ()
    return (
        replace(title, rule="auth.login_choices"),
        seen("auth.login_choices", f"{page.where}.body", way),
    )


def _way_to_log_in(page: Page) -> str | None:
    """Return the first address of a login that a page links to, or posts to without a field."""
    links = (match[1] for match in islice(_LINK.finditer(page.lowered), _MOST_LINKS))
    buttons = (form.action for form in page.html.forms if not form.fields)
    ways = (way for way in (*links, *buttons) if not is_register_address(way))
    return next((way for way in ways if login_address_word(way)), None)


def _with_password(form: Form, page: Page) -> tuple[Evidence, ...]:
    """Judge a form that hides what is typed in one of its fields."""
    sets_one = any("new-password" in field.autocomplete for field in form.fields)
    if form.passwords > 1 or sets_one or _registers(form, page):
        return ()
    password = next(field for field in form.fields if field.type == "password")
    return (seen("auth.password_form", f"{page.where}.body", _shown(password)),)


def _registers(form: Form, page: Page) -> bool:
    """Tell whether a form with one password makes an account instead of using one."""
    says_login = login_label_in(form.words) or login_label_in(page.title.lower())
    address = form.action or page.path
    if is_register_address(address):
        return login_address_word(address) is None
    if says_login:
        return False
    registers = first_in(REGISTER_LABELS, form.words) is not None
    return registers or len(form.fields) > _FEW


def _identifier_first(form: Form, page: Page) -> tuple[Evidence, ...]:
    """Judge a form with one field to say who one is: the first step of many logins."""
    if len(form.fields) != 1:
        return ()
    (field,) = form.fields
    if not _asks_who(field, form, page) or first_in(
        MAILING_LABELS, f"{form.words} {field.names} {form.action}"
    ):
        return ()
    if is_register_address(form.action or page.path):
        return ()
    rule = "auth.identifier_first_form"
    label = _login_label(form, page)
    if label is None:
        return _by_autofill(field, form, page)
    return (
        seen(rule, f"{page.where}.body", _shown(field)),
        seen(rule, label[0], label[1]),
    )


def _by_autofill(field: Field, form: Form, page: Page) -> tuple[Evidence, ...]:
    """Return a field that browsers fill with the name of an account, in whatever language.

    HTML, "Autofill": username goes with a password, webauthn with a passkey; a newsletter has
    neither.
    """
    if _AUTOFILLED.isdisjoint(field.autocomplete.split()):
        return ()
    if first_in(REGISTER_LABELS, f"{form.words} {page.title.lower()}"):
        return ()
    shown = f"autocomplete={field.autocomplete}"
    return (seen("auth.autofilled_form", f"{page.where}.body", shown),)


def _asks_who(field: Field, form: Form, page: Page) -> bool:
    """Tell a field that says who one is; a mere name does where all else of the form logs in."""
    if field.type == "email" or first_in(WHO_FIELDS, field.names) is not None:
        return True
    logs_in = login_label_in(form.words) and login_address_word(form.action or page.path)
    return _NAME in field.names.split() and bool(logs_in)


def _login_label(form: Form, page: Page) -> tuple[str, str] | None:
    """Return where a form, its page's title or an address says login, and the word."""
    if not form.is_loose and (word := login_label_in(form.words)):
        return f"{page.where}.body", word
    if word := login_label_in(page.title.lower()):
        return f"{page.where}.title", word
    if word := login_address_word(form.action) or login_address_word(page.path):
        return f"{page.where}.path", word
    return None


def _shown(field: Field) -> str:
    return f"input type={field.type or 'text'} {field.names}".strip()
