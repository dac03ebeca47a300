"""The page that lists checks, with filters, page by page."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from services.gateway.console.pages.layout import Curl, field, link, shell, table, tag
from services.gateway.html import Html, element, void

Json = Mapping[str, Any]

STATUSES: Final = ("pending", "completed", "failed", "cancelled")
TONES: Final = {"completed": "good", "failed": "bad", "pending": "unsure"}


def check_list_page(answer: Json, asked: Mapping[str, str], base_url: str) -> str:
    """Return the page of an answer of GET /v1/checks, and of the query it was asked with."""
    query = {name: value for name, value in asked.items() if value}
    path = f"/v1/checks?{urlencode(query)}" if query else "/v1/checks"
    found = answer["data"]
    parts = [_filters(asked), _checks(found) if found else element("p", "No checks were found.")]
    if answer["pagination"]["has_more"]:
        further = {**query, "cursor": answer["pagination"]["next_cursor"]}
        parts.append(element("p", link(f"/checks?{urlencode(further)}", "Older checks")))
    return shell("Checks", parts, here="/checks", curl=[Curl(base_url=base_url, path=path)])


def _filters(asked: Mapping[str, str]) -> Html:
    options = [element("option", "any", value="")]
    for status in STATUSES:
        selected = {"selected": "selected"} if asked.get("status") == status else {}
        options.append(element("option", status, value=status, **selected))
    return element(
        "form",
        field(
            "Host name",
            void("input", name="fqdn", value=asked.get("fqdn", ""), spellcheck="false"),
        ),
        field("Status", element("select", *options, name="status")),
        element("button", "Find", type="submit", class_="main"),
        action="/checks",
        class_="filters",
        role="search",
    )


def _checks(found: list[Json]) -> Html:
    rows = [
        (
            void(
                "input",
                type="checkbox",
                name="check",
                value=one["id"],
                aria_label=f"Compare {one['fqdn']} of {one['created_at']}",
            ),
            link(f"/checks/{one['id']}", one["fqdn"]),
            tag(one["status"], TONES.get(one["status"], "plain")),
            element("time", one["created_at"], datetime=one["created_at"]),
        )
        for one in found
    ]
    return element(
        "form",
        table(("Compare", "Host name", "Status", "Created"), rows, "Checks"),
        element("button", "Compare two chosen checks", type="submit", class_="quiet"),
        action="/compare",
    )
