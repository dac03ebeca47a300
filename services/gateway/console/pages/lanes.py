"""The lanes of a check from several vantage points: what each saw, whether they agree, in what not.

Law: a check from one vantage point has no lanes.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.gateway.console.pages.layout import table, tag
from services.gateway.console.pages.verdict import verdict_of
from services.gateway.html import Html, element
from services.gateway.translate.several import (
    DISSENT_HEADS,
    agreement_told,
    dissent_rows,
    mark_of,
)

Json = Mapping[str, Any]

_AWAITED: Final = ("unsure", "Awaited")


def lanes(check: Json) -> Iterator[Html]:
    """Yield the sections; none where a check had one vantage point."""
    if not check["vantages"]:
        return
    agreement = check["agreement"]
    yield element("h2", "Vantage points")
    if (told := agreement_told(check)) is not None:
        tone, words, code = told
        shown = tag(code, tone) if code else None
        yield element("p", element("strong", words), " ", shown, class_="agreement")
    yield element("ol", *(_lane(view, agreement) for view in check["vantages"]), class_="lanes")
    rows = [
        (where, element("code", fact), value, elsewhere, compared)
        for where, fact, value, elsewhere, compared in dissent_rows(agreement)
    ]
    if rows:
        yield table(DISSENT_HEADS, rows, "In what vantage points differ")


def _lane(view: Json, agreement: Json | None) -> Html:
    tone, words = _AWAITED if view["status"] == "pending" else verdict_of(view)
    mark = mark_of(view["vantage_point"], agreement)
    seen = [
        element("li", label, ": ", element("code", ", ".join(values)))
        for label, values in _seen(view)
        if values
    ]
    return element(
        "li",
        element("strong", view["vantage_point"]),
        " ",
        tag(mark, "unsure") if mark else None,
        element("div", words, class_=tone),
        element("ul", *seen, class_="soft listed") if seen else None,
        class_=f"lane {tone}",
    )


def _seen(view: Json) -> Iterator[tuple[str, list[str]]]:
    dns = view["dns"] or {}
    names = ("a_records", "aaaa_records")
    yield "Addresses", [address for name in names for address in dns.get(name, ())]
    yield "Ports", [f"{one['port']} {one['state']}" for one in view["ports"]]
    yield "Paths", [f"{one['path']} {_answer(one)}" for one in view["paths"]]


def _answer(path: Json) -> str:
    status = path["status_code"]
    return "no answer" if status is None else str(status)
