"""The lanes of a check from several vantage points: what each saw, whether they agree, in what not.

Law: a check that names no vantage points of its own has no lanes, and what a lane does not tell is
left out; so the page is the same whether the API tells little of them or much.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from services.gateway.console.pages.layout import table, tag
from services.gateway.console.pages.verdict import verdict_of
from services.gateway.html import Child, Html, element

Json = Mapping[str, Any]

_AGREE: Final = "agree"
_CLASSES: Final[Mapping[str, str]] = {
    _AGREE: "All of them agree",
    "geo_blocked": "The target keeps some regions out",
    "waf_by_region": "A firewall before the target treats regions differently",
    "dns_split": "The name has other answers in other regions",
    "regional_outage": "The target cannot be reached from some regions",
    "cert_differs": "The certificate is another one in some regions",
    "content_differs": "The content is another one in some regions",
    "prober_suspect": "One of them is suspected itself, so this says little of the target",
}


def lanes(check: Json) -> Iterator[Html]:
    """Yield the sections; none where a check had one vantage point."""
    views = check.get("vantages") or ()
    if not views:
        return
    agreement = check.get("agreement") or {}
    evidence = list(_evidence(agreement))
    differing = {name for name, *_ in evidence} | {
        str(one.get("vantage_point")) for one in agreement.get("dissents") or ()
    }
    yield element("h2", "Vantage points")
    if code := _class_of(agreement):
        tone = "good" if code == _AGREE else "unsure"
        words = _CLASSES.get(code, f"They differ: {code.replace('_', ' ')}")
        yield element("p", element("strong", words), " ", tag(code, tone), class_="agreement")
    yield element("ol", *(_lane(view, differing) for view in views), class_="lanes")
    if evidence:
        heads = ("Vantage point", "What differs", "There", "Elsewhere")
        yield table(heads, evidence, "In what vantage points differ")


def _class_of(agreement: Json) -> str:
    return str(agreement.get("class") or agreement.get("code") or "")


def _evidence(agreement: Json) -> Iterator[tuple[str, Child, Child, Child]]:
    for dissent in (agreement, *(agreement.get("dissents") or ())):
        for one in dissent.get("evidence") or ():
            where = str(one.get("vantage_point") or dissent.get("vantage_point") or "")
            what = element("code", _text(one.get("field")))
            yield where, what, _text(one.get("value")), _text(one.get("elsewhere"))


def _lane(view: Json, differing: Iterable[str]) -> Html:
    name = str(view.get("vantage_point") or "")
    tone, words = verdict_of(view)
    seen = [
        element("li", label, ": ", element("code", ", ".join(values)))
        for label, values in _seen(view)
        if values
    ]
    return element(
        "li",
        element("strong", name),
        " ",
        tag("differs", "unsure") if name in differing else None,
        element("div", words, class_=tone),
        element("ul", *seen, class_="soft listed") if seen else None,
        class_=f"lane {tone}",
    )


def _seen(view: Json) -> Iterator[tuple[str, list[str]]]:
    dns = view.get("dns") or {}
    names = ("a_records", "aaaa_records")
    yield "Addresses", [address for name in names for address in dns.get(name) or ()]
    yield "Ports", [f"{one['port']} {one['state']}" for one in view.get("ports") or ()]
    yield (
        "Paths",
        [
            f"{one['path']} {_text(one.get('status_code')) or 'no answer'}"
            for one in view.get("paths") or ()
        ],
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
