"""The report of a check: the verdict, why, from where, what was seen, what was not looked at.

While a check is pending the page is told of it stage by stage, and made anew at the end.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.gateway.console.pages.layout import Curl, button_form, link, shell, table, tag
from services.gateway.console.pages.new_check import form_of, request_of
from services.gateway.console.pages.seen import seen
from services.gateway.html import Html, element
from services.gateway.translate.coverage import coverage

Json = Mapping[str, Any]

_STATES: Final = {
    "analyzable": ("good", "Analyzable: a scanner can work with it"),
    "not_analyzable": ("bad", "Not analyzable: a scanner cannot work with it"),
}
_UNSURE: Final = ("unsure", "What was seen does not tell whether a scanner can work with it")


def check_page(check: Json, base_url: str) -> str:
    """Return the page of a check, as GET /v1/check/{id} shows it."""
    form = form_of(check["request"], check["fqdn"], check["vantage_point"])
    curl = [
        Curl(base_url=base_url, path=f"/v1/check/{check['id']}"),
        Curl(base_url=base_url, path="/v1/check", method="POST", body=request_of(form)),
    ]
    return shell(check["fqdn"], _parts(check), here="/checks", curl=curl)


def verdict_of(check: Json) -> tuple[str, str]:
    """Return the tone of a verdict, and the verdict in words."""
    analysis = check["analysis"]
    if check["failure"] is not None:
        return "bad", f"The check could not be carried out ({check['failure']['reason']})"
    if analysis is None:
        return "unsure", f"The check is {check['status']}"
    if not analysis["reachable"]:
        return "bad", "Not reachable: no port accepted a connection"
    if not analysis["speaks_http"]:
        return "bad", "Reachable, but nothing there speaks HTTP"
    return _STATES.get(analysis["analyzability"], _UNSURE)


def _parts(check: Json) -> Iterator[Html]:
    tone, words = verdict_of(check)
    yield element("p", words, class_=f"verdict {tone}")
    yield element(
        "p", f"{check['id']}, from {check['vantage_point']}, {check['created_at']}", class_="soft"
    )
    yield _actions(check)
    if check["status"] == "pending":
        yield from _progress(check)
        return
    if check["failure"] is not None:
        yield element("p", check["failure"]["message"])
        yield element("p", "This says nothing about the target.", class_="soft")
    yield from _lanes(check)
    if check["analysis"] is not None:
        yield from _judged(check["analysis"])
        yield from seen(check)
    yield element("h2", "What was looked at, and what was not")
    yield element("ul", *(element("li", line) for line in coverage(check)))


def _actions(check: Json) -> Html:
    place = f"/checks/{check['id']}"
    if check["status"] == "pending":
        return element(
            "div", button_form(f"{place}/cancel", "Cancel", quiet=True), class_="actions"
        )
    return element(
        "p",
        link(f"/?again={check['id']}", "Check again"),
        link(f"/compare?check={check['id']}", "Compare with another"),
        link(f"/console{place}/report.html", "Report to hand on"),
        class_="actions",
    )


def _progress(check: Json) -> Iterator[Html]:
    yield element("h2", "Progress")
    told = element("ol", id="progress", data_events=f"/console/checks/{check['id']}/events")
    yield element("div", told, role="log", aria_label="Progress")
    yield element("p", "Waiting for the first word of it…", id="progress-state", role="status")
    yield element("noscript", link(f"/checks/{check['id']}", "Look again"))


def _lanes(check: Json) -> Iterator[Html]:
    """Yield a lane for each vantage point, where a check had several."""
    vantages = check.get("vantages") or ()
    if not vantages:
        return
    yield element("h2", "Vantage points")
    agreement = check.get("agreement")
    if agreement:
        yield element("p", "Agreement: ", element("strong", _in_words(agreement)))
    lanes = []
    for one in vantages:
        state = (one.get("analysis") or {}).get("analyzability") or one.get("status") or "unknown"
        tone = _STATES.get(state, _UNSURE)[0]
        name = element("strong", str(one.get("vantage_point", "")))
        lanes.append(element("li", name, " ", tag(str(state), tone), class_=f"lane {tone}"))
    yield element("ul", *lanes, class_="lanes")


def _in_words(agreement: object) -> str:
    if not isinstance(agreement, Mapping):
        return str(agreement)
    told = [
        (key, value) for key, value in agreement.items() if isinstance(value, str | int | float)
    ]
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in told)


def _judged(analysis: Json) -> Iterator[Html]:
    claims = [tag(f"kind: {analysis['kind']} ({analysis['kind_confidence']} confidence)")]
    claims += [tag("asks for authentication")] if analysis["auth_detected"] else []
    claims += [tag("exposes API documentation")] if analysis["api_doc_detected"] else []
    yield element("p", *claims, class_="tags")
    yield element("h2", "Why")
    yield element("ul", *map(_reason, analysis["reasons"]), class_="reasons")
    if analysis["layers"]:
        yield element("h2", "Who stands in front")
        rows = [(one["vendor"], one["role"], one["action"]) for one in analysis["layers"]]
        yield table(("Who", "As", "What it did here"), rows, "Who stands in front")
    if analysis["documents"]:
        yield element("h2", "API documentation")
        found = [
            (f"{one['type']} {one['version'] or ''}", one["state"], one["title"], one["url"])
            for one in analysis["documents"]
        ]
        yield table(("Type", "State", "Title", "Address"), found, "API documentation")


def _reason(reason: Json) -> Html:
    shown = [
        element("li", element("code", one["field"]), ": ", element("code", one["value"]))
        for one in reason["evidence"]
    ]
    return element("li", reason["message"], element("ul", *shown, class_="soft") if shown else None)
