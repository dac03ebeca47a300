"""What every page of the console has: its frame, its ways to other pages, its curl equivalent."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json

from services.gateway.html import Child, Html, element, page, void

PLACES: Final = (
    ("/", "New check"),
    ("/checks", "Checks"),
    ("/compare", "Compare"),
    ("/webhooks", "Webhooks"),
    ("/vantage-points", "Vantage points"),
    ("/usage", "Usage"),
    ("/keys", "API key"),
)
_KEY: Final = '-H "x-api-key: $OUTSCOPE_API_KEY"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Curl:
    """One request to the API, as curl makes it."""

    base_url: str
    path: str
    method: str = "GET"
    body: Any = None

    def __str__(self) -> str:
        method = "" if self.method == "GET" else f" -X {self.method}"
        content = ""
        if self.body is not None:
            body = shlex.quote(to_json(self.body).decode())
            content = f" -H 'content-type: application/json' -d {body}"
        return f"curl{method} {_KEY}{content} {shlex.quote(self.base_url + self.path)}"


def shell(
    title: str, children: Iterable[Html | None], *, here: str = "", curl: Sequence[Curl] = ()
) -> str:
    """Return a page of who has signed in; here is the place of its own among the others."""
    return _document(title, [_skip(), _header(here), _main(title, [*children, _curl(curl)])])


def bare(title: str, children: Iterable[Html | None]) -> str:
    """Return a page of who has not."""
    brand = element("header", element("p", "OutScope", class_="brand"), _toggle(), class_="top")
    return _document(title, [brand, _main(title, children)])


def message_page(title: str, *said: Child) -> str:
    """Return a page that says one thing, with a way on."""
    return shell(title, [element("p", *said, role="alert", class_="notice bad")])


def table(heads: Sequence[str], rows: Iterable[Sequence[Child]], label: str) -> Html:
    """Return a table, which a keyboard can scroll; None and nothing are shown as a dash."""
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    body = [
        element("tr", *(element("td", "-" if cell in {None, ""} else cell) for cell in row))
        for row in rows
    ]
    made = element("table", element("thead", head), element("tbody", *body))
    return element("div", made, class_="scroll", tabindex="0", role="region", aria_label=label)


def link(href: str, text: Child) -> Html:
    """Return a link to a page of ours."""
    return element("a", text, href=href)


def tag(text: str, tone: str = "plain") -> Html:
    """Return a word with a colour that repeats what it says."""
    return element("span", text, class_=f"tag {tone}")


def field(label: str, control: Html, hint: str = "") -> Html:
    """Return a labelled control."""
    told = element("small", hint) if hint else None
    return element("label", element("span", label), control, told, class_="field")


def button_form(action: str, text: str, *hidden: Html, quiet: bool = False) -> Html:
    """Return a form that is one button."""
    press = element("button", text, type="submit", class_="quiet" if quiet else "main")
    return element("form", *hidden, press, method="post", action=action, class_="inline")


def _document(title: str, body: Iterable[Html]) -> str:
    head = (
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title} - OutScope"),
        void("link", rel="icon", href="/console/icon.svg", type="image/svg+xml"),
        void("link", rel="stylesheet", href="/console/page.css"),
        element("script", src="/console/theme.js"),
        element("script", src="/console/page.js", type="module"),
    )
    return page(head, body)


def _skip() -> Html:
    return element("a", "Skip to content", href="#content", class_="skip")


def _header(here: str) -> Html:
    places = [
        element("a", text, href=href, aria_current="page") if href == here else link(href, text)
        for href, text in PLACES
    ]
    return element(
        "header",
        element("p", "OutScope", class_="brand"),
        element("nav", *places, aria_label="Console"),
        _toggle(),
        button_form("/sign-out", "Sign out", quiet=True),
        class_="top",
    )


def _toggle() -> Html:
    # A script shows it, for without one it can do nothing.
    return element("button", "Theme", type="button", class_="quiet", id="theme", hidden="hidden")


def _main(title: str, children: Iterable[Html | None]) -> Html:
    return element("main", element("h1", title), *children, id="content", tabindex="-1")


def _curl(curl: Sequence[Curl]) -> Html | None:
    if not curl:
        return None
    lines = "\n".join(map(str, curl))
    return element(
        "section",
        element("h2", "The same with curl"),
        element(
            "pre", element("code", lines), class_="curl", tabindex="0", aria_label="curl command"
        ),
        class_="equivalent",
    )
