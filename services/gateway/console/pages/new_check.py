"""The page that asks for a check, and the request that its form makes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.gateway.console.pages.layout import Curl, field, shell
from services.gateway.html import Html, element, void

Json = Mapping[str, Any]
Form = Mapping[str, str]

DEFAULTS: Final[Form] = {
    "fqdn": "",
    "ports": "80, 443",
    "paths": "/",
    "vantage_point": "",
    "max_redirects": "0",
    "discovery": "standard",
    "content_retention_days": "7",
}
# More than any number here has; of thousands Python makes no number.
_MOST_DIGITS: Final = 18
_SWITCHES: Final = (
    ("include_content_sample", "Keep a sample of each answer"),
    ("dns_records", "Ask for further DNS records"),
    ("tls_versions", "Try every version of TLS"),
    ("all_addresses", "Ask every address"),
    ("http2", "Try HTTP/2"),
)


def new_check_page(
    form: Form, vantage_points: Sequence[Json], once: str, base_url: str, problem: str = ""
) -> str:
    """Return the page, filled in; once is what makes a form that is sent twice one check."""
    told = element("p", problem, role="alert", class_="notice bad") if problem else None
    made = element(
        "form",
        void("input", type="hidden", name="once", value=once),
        field("Host name", _text(form, "fqdn", required="required", autofocus="autofocus")),
        element(
            "div",
            field("From", _vantage_points(form, vantage_points)),
            field("Ports", _text(form, "ports"), "With commas between"),
            class_="columns",
        ),
        field(
            "Paths", element("textarea", form["paths"], name="paths", rows="3"), "One on each line"
        ),
        _further(form),
        element("button", "Check", type="submit", class_="main"),
        method="post",
        action="/",
    )
    body = request_of({**form, "fqdn": form["fqdn"] or "example.com"})
    curl = Curl(base_url=base_url, path="/v1/check", method="POST", body=body)
    return shell("New check", [told, made], here="/", curl=[curl])


def request_of(form: Form) -> dict[str, Any]:
    """Return the body of POST /v1/check; what is no number goes as it is, to be refused by name."""
    asked: dict[str, Any] = {
        "fqdn": form["fqdn"].strip(),
        "ports": [_number(part) for part in form["ports"].replace(",", " ").split()],
        "paths": [line.strip() for line in form["paths"].splitlines() if line.strip()],
        "discovery": form["discovery"],
        "max_redirects": _number(form["max_redirects"]),
    }
    if form["vantage_point"]:
        asked["vantage_point"] = form["vantage_point"]
    asked |= {name: True for name, _ in _SWITCHES if form.get(name)}
    if form.get("include_content_sample"):
        asked["content_retention_days"] = _number(form["content_retention_days"])
    return {name: value for name, value in asked.items() if value != []}


def form_of(request: Json, fqdn: str, vantage_point: str) -> Form:
    """Return the form that asks the same as a check did."""
    switches = {name: "on" for name, _ in _SWITCHES if request.get(name)}
    return {
        **DEFAULTS,
        "fqdn": fqdn,
        "ports": ", ".join(map(str, request["ports"])),
        "paths": "\n".join(request["paths"]),
        "vantage_point": vantage_point,
        "max_redirects": str(request["max_redirects"] or 0),
        "discovery": request["discovery"] or DEFAULTS["discovery"],
        "content_retention_days": str(
            request["content_retention_days"] or DEFAULTS["content_retention_days"]
        ),
        **switches,
    }


def _number(text: str) -> int | str:
    digits = text.strip()
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS
    return int(digits) if is_number else text


def _text(form: Form, name: str, **attributes: str) -> Html:
    return void(
        "input",
        name=name,
        value=form[name],
        autocomplete="off",
        spellcheck="false",
        autocapitalize="none",
        **attributes,
    )


def _vantage_points(form: Form, vantage_points: Sequence[Json]) -> Html:
    options = [_option("", "The default one", form["vantage_point"])]
    for one in vantage_points:
        fit = "" if one["fit_probers"] else " (no prober is fit)"
        options.append(_option(one["name"], f"{one['name']}{fit}", form["vantage_point"]))
    return element("select", *options, name="vantage_point")


def _option(value: str, text: str, chosen: str) -> Html:
    selected = {"selected": "selected"} if value == chosen else {}
    return element("option", text, value=value, **selected)


def _further(form: Form) -> Html:
    discovery = [_option(name, name, form["discovery"]) for name in ("off", "standard", "deep")]
    number = {"type": "number", "min": "0"}
    return element(
        "details",
        element("summary", "What else to look at"),
        *(_switch(form, name, text) for name, text in _SWITCHES),
        element(
            "div",
            field("Days to keep samples", _text(form, "content_retention_days", **number)),
            field("Redirects to follow", _text(form, "max_redirects", **number)),
            field("Discovery", element("select", *discovery, name="discovery")),
            class_="columns",
        ),
    )


def _switch(form: Form, name: str, text: str) -> Html:
    checked = {"checked": "checked"} if form.get(name) else {}
    return element(
        "label", void("input", type="checkbox", name=name, **checked), f" {text}", class_="switch"
    )
