"""The report of a check: the verdict, why, from where, what was seen, what was not looked at.

While a check is pending the page is told of it stage by stage, and made anew at the end.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from services.gateway.console.pages.lanes import lanes
from services.gateway.console.pages.layout import Curl, button_form, link, shell, table, tag
from services.gateway.console.pages.new_check import form_of, request_of
from services.gateway.console.pages.seen import seen
from services.gateway.console.pages.verdict import verdict_of
from services.gateway.html import Html, element
from services.gateway.translate.coverage import coverage

Json = Mapping[str, Any]


def check_page(check: Json, base_url: str) -> str:
    """Return the page of a check, as GET /v1/check/{id} shows it."""
    curl = [
        Curl(base_url=base_url, path=f"/v1/check/{check['id']}"),
        Curl(base_url=base_url, path="/v1/check", method="POST", body=request_of(form_of(check))),
    ]
    return shell(check["fqdn"], _parts(check), here="/checks", curl=curl)


def _parts(check: Json) -> Iterator[Html]:
    tone, words = verdict_of(check)
    yield element("p", words, class_=f"verdict {tone}")
    yield element(
        "p", f"{check['id']}, from {_whence(check)}, {check['created_at']}", class_="soft"
    )
    yield _actions(check)
    if check["status"] == "pending":
        yield from _progress(check)
        yield from lanes(check)
        return
    if check["failure"] is not None:
        yield element("p", check["failure"]["message"])
        yield element("p", "This says nothing about the target.", class_="soft")
    yield from lanes(check)
    if check["analysis"] is not None:
        yield from _judged(check["analysis"])
        yield from seen(check)
    yield element("h2", "What was looked at, and what was not")
    yield element("ul", *(element("li", line) for line in coverage(check)))


def _whence(check: Json) -> str:
    return ", ".join(check["request"]["vantage_points"]) or str(check["vantage_point"])


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
        link(f"/console{place}/report.pdf", "The same as PDF"),
        class_="actions",
    )


def _progress(check: Json) -> Iterator[Html]:
    yield element("h2", "Progress")
    followed = {"data_events": f"/console/checks/{check['id']}/events"}
    several = check["request"]["vantage_points"]
    if several:
        followed["data_under_way"] = "Under way until the last of them has ended…"
        yield element("p", _awaited(check))
    told = element("ol", id="progress", **followed)
    yield element("div", told, role="log", aria_label="Progress")
    # Said by the script that follows; without it the page stays as it is.
    yield element("p", id="progress-state", role="status")
    yield element(
        "noscript",
        element("p", "Without scripts this page does not go on by itself."),
        element("p", link(f"/checks/{check['id']}", "Look again")),
    )


def _awaited(check: Json) -> str:
    """Return what is waited for, where stages are not told."""
    views = {view["vantage_point"]: view["status"] for view in check["vantages"]}
    asked = check["request"]["vantage_points"]
    awaited = [name for name in asked if views.get(name, "pending") == "pending"]
    shown = f"Awaited: {', '.join(awaited)} ({len(awaited)} of {len(asked)}). " if awaited else ""
    return (
        f"All look at the same time, and what each does on the way is not told. {shown}"
        "What has ended so far is shown beneath; the report follows with the last of them."
    )


def _judged(analysis: Json) -> Iterator[Html]:
    kind = f"kind: {analysis['kind']} ({analysis['kind_confidence']} confidence)"
    claims = [] if analysis["kind"] == "none" else [tag(kind)]
    claims += [tag("asks for authentication")] if analysis["auth_detected"] else []
    claims += [tag("exposes API documentation")] if analysis["api_doc_detected"] else []
    if claims:
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
