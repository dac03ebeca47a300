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
    "quorum": "majority",
    "max_redirects": "0",
    "discovery": "standard",
    "content_retention_days": "7",
}
# A box for each vantage point, after which its name follows, and one for all there are.
_PLACE: Final = "place:"
_EVERYWHERE: Final = "everywhere"
_ALL: Final = "all"
_QUORUMS: Final = (
    ("majority", "more than half of them"),
    ("any", "any of them"),
    ("all", "each of them"),
)
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
        _whence(form, vantage_points),
        field("Ports", _text(form, "ports"), "With commas between"),
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
    asked |= _asked_places(form)
    asked |= {name: True for name, _ in _SWITCHES if form.get(name)}
    if form.get("include_content_sample"):
        asked["content_retention_days"] = _number(form["content_retention_days"])
    return {name: value for name, value in asked.items() if value != []}


def _asked_places(form: Form) -> dict[str, Any]:
    """Return from where, as the API takes it; one is not several, and has no quorum."""
    if form.get(_EVERYWHERE):
        return {"vantage_points": _ALL, "quorum": form["quorum"]}
    chosen = _chosen(form)
    if len(chosen) > 1:
        return {"vantage_points": chosen, "quorum": form["quorum"]}
    return {"vantage_point": chosen[0]} if chosen else {}


def form_of(check: Json) -> Form:
    """Return the form that asks the same as a check did, as GET /v1/check/{id} shows it."""
    request = check["request"]
    places = request["vantage_points"] or [check["vantage_point"]]
    switches = {name: "on" for name, _ in _SWITCHES if request.get(name)}
    return {
        **DEFAULTS,
        "fqdn": check["fqdn"],
        "ports": ", ".join(map(str, request["ports"])),
        "paths": "\n".join(request["paths"]),
        "quorum": request["quorum"] or DEFAULTS["quorum"],
        "max_redirects": str(request["max_redirects"] or 0),
        "discovery": request["discovery"] or DEFAULTS["discovery"],
        "content_retention_days": str(
            request["content_retention_days"] or DEFAULTS["content_retention_days"]
        ),
        **{f"{_PLACE}{place}": "on" for place in places if place},
        **switches,
    }


def _chosen(form: Form) -> list[str]:
    return [name.removeprefix(_PLACE) for name in form if name.startswith(_PLACE) and form[name]]


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


def _whence(form: Form, vantage_points: Sequence[Json]) -> Html:
    known = [str(one["name"]) for one in vantage_points]
    # What is chosen and not to be had any more is refused by the API, and not left out unsaid.
    gone = [_place(form, name, "unknown") for name in _chosen(form) if name not in known]
    boxes = [_place(form, one["name"], *_remarks(one)) for one in vantage_points]
    default = f"None chosen: from {known[0]}, the default one. " if known else ""
    quorums = [_option(value, text, form["quorum"]) for value, text in _QUORUMS]
    return element(
        "fieldset",
        element("legend", "From"),
        element("div", *boxes, *gone, class_="places"),
        _box(form, _EVERYWHERE, "all of them"),
        element("small", f"{default}Each counts as a check.", class_="hint"),
        field(
            "Quorum of several",
            element("select", *quorums, name="quorum"),
            "How many must have come as far as the merged verdict says",
        ),
    )


def _remarks(vantage_point: Json) -> list[str]:
    fit = [] if vantage_point["fit_probers"] else ["no prober is fit"]
    private = ["private"] if vantage_point["is_private"] else []
    return [*private, *fit, *vantage_point["tags"]]


def _place(form: Form, name: str, *remarks: str) -> Html:
    told = element("small", f" {', '.join(remarks)}") if remarks else None
    return _box(form, f"{_PLACE}{name}", name, told)


def _option(value: str, text: str, chosen: str) -> Html:
    selected = {"selected": "selected"} if value == chosen else {}
    return element("option", text, value=value, **selected)


def _further(form: Form) -> Html:
    discovery = [_option(name, name, form["discovery"]) for name in ("off", "standard", "deep")]
    number = {"type": "number", "min": "0"}
    return element(
        "details",
        element("summary", "What else to look at"),
        *(_box(form, name, text) for name, text in _SWITCHES),
        element(
            "div",
            field("Days to keep samples", _text(form, "content_retention_days", **number)),
            field("Redirects to follow", _text(form, "max_redirects", **number)),
            field("Discovery", element("select", *discovery, name="discovery")),
            class_="columns",
        ),
    )


def _box(form: Form, name: str, text: str, told: Html | None = None) -> Html:
    checked = {"checked": "checked"} if form.get(name) else {}
    box = void("input", type="checkbox", name=name, **checked)
    return element("label", box, f" {text}", told, class_="switch")
