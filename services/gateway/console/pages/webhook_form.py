"""The form of a webhook, new or there already, and the request that it makes.

Law: of a webhook that is there only what the form changes is sent, so what others changed meanwhile
stays.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from services.gateway.console.pages.layout import Curl, field, shell
from services.gateway.html import Html, element, shown, void
from services.gateway.schemas.webhook import EventPattern, Payload

Json = Mapping[str, Any]
Form = Mapping[str, str]

_EVENT: Final = "event:"
_LINE_ENDS: Final = {ord(end): None for end in "\r\n"}
_TOLD: Final[Mapping[str, str]] = {
    "check.completed": "a check has been carried out",
    "check.failed": "a check could not be carried out",
    "check.cancelled": "a check was cancelled",
    "webhook.disabled": "another webhook was disabled because its endpoint fails",
    "check.*": "all of checks, and what is added later",
    "webhook.*": "all of webhooks, and what is added later",
    "*": "everything",
}
NEW: Final[Form] = {
    "url": "",
    f"{_EVENT}check.completed": "on",
    f"{_EVENT}check.failed": "on",
    "description": "",
    "fqdn": "",
    "vantage_points": "",
    "payload": "full",
}
NOTHING: Final[Form] = dict.fromkeys(("url", "description", "fqdn", "vantage_points"), "")


def new_webhook_page(form: Form, once: str, base_url: str, problem: str = "") -> str:
    """Return the page that asks for a webhook; once makes a form that is sent twice one webhook."""
    fields = [void("input", type="hidden", name="once", value=once), *_fields(form)]
    made = _form(fields, "/webhooks/new", "Create webhook")
    shown = {**form, "url": form["url"] or "https://your-app.example/webhook"}
    curl = [Curl(base_url=base_url, path="/v1/webhooks", method="POST", body=request_of(shown))]
    return shell("New webhook", [_problem(problem), made], here="/webhooks", curl=curl)


def edit_webhook_page(webhook: Json, form: Form, base_url: str, problem: str = "") -> str:
    """Return the page that changes a webhook."""
    enabled = element(
        "label",
        void("input", type="checkbox", name="enabled", **_checked(form, "enabled")),
        " Enabled: what happens is sent; otherwise it is kept, and can be sent later",
        class_="switch field",
    )
    made = _form([*_fields(form), enabled], f"/webhooks/{webhook['id']}/edit", "Save")
    whole = {**request_of(form), "enabled": bool(form.get("enabled"))}
    path = f"/v1/webhooks/{webhook['id']}"
    curl = [
        Curl(base_url=base_url, path=path),
        Curl(base_url=base_url, path=path, method="PATCH", body=whole),
    ]
    parts = [_problem(problem), made]
    return shell("Change a webhook", parts, here="/webhooks", curl=curl)


def request_of(form: Form) -> dict[str, Any]:
    """Return the body of POST /v1/webhooks."""
    return {
        "url": form["url"].strip(),
        "events": [name for name in get_args(EventPattern) if form.get(f"{_EVENT}{name}")],
        "description": form["description"],
        "fqdn": form["fqdn"].strip() or None,
        "vantage_points": form["vantage_points"].replace(",", " ").split(),
        "payload": form.get("payload", "full"),
    }


def changes_of(form: Form, webhook: Json) -> dict[str, Any]:
    """Return the body of PATCH /v1/webhooks/{id}: what the form has otherwise than the webhook."""
    asked = {**request_of(form), "enabled": bool(form.get("enabled"))}
    return {name: value for name, value in asked.items() if _differs(value, webhook[name])}


def form_of(webhook: Json) -> Form:
    """Return the form of a webhook as it is."""
    return {
        **{f"{_EVENT}{name}": "on" for name in webhook["events"]},
        "url": webhook["url"],
        "description": webhook["description"],
        "fqdn": webhook["fqdn"] or "",
        "vantage_points": ", ".join(webhook["vantage_points"]),
        "payload": webhook["payload"],
        **({"enabled": "on"} if webhook["enabled"] else {}),
    }


def _differs(asked: object, there: object) -> bool:
    if isinstance(asked, list) and isinstance(there, list):
        return sorted(asked) != sorted(there)
    return asked != there and not (isinstance(there, str) and asked == _as_sent_back(there))


def _as_sent_back(text: str) -> str:
    """Return what a browser sends of a text that it was given in a field of one line."""
    return shown(text).translate(_LINE_ENDS)


def _fields(form: Form) -> list[Html]:
    address = {"type": "url", "required": "required", "placeholder": "https://"}
    return [
        field("Address", _text(form, "url", **address), "Where events are posted, by HTTPS"),
        _events(form),
        field("Description", _text(form, "description"), "Whatever tells you which one it is"),
        element(
            "details",
            element("summary", "Which checks, and how they are told"),
            field(
                "Host name",
                _text(form, "fqdn"),
                "Only checks of this name, or of each under it: *.example.com; empty: of all",
            ),
            field(
                "Vantage points",
                _text(form, "vantage_points"),
                "Only checks from these, with commas between; empty: from all",
            ),
            field("Payload", element("select", *_payloads(form), name="payload")),
        ),
    ]


def _events(form: Form) -> Html:
    switches = [
        element(
            "label",
            void("input", type="checkbox", name=f"{_EVENT}{name}", **_checked(form, _EVENT + name)),
            " ",
            element("code", name),
            element("span", f" {_TOLD.get(name, '')}", class_="soft"),
            class_="switch",
        )
        for name in get_args(EventPattern)
    ]
    return element("fieldset", element("legend", "Events"), *switches)


def _payloads(form: Form) -> list[Html]:
    told = {"full": "full: the whole check", "thin": "thin: which check it is and how it ended"}
    return [
        element(
            "option",
            told.get(name, name),
            value=name,
            **({"selected": "selected"} if form.get("payload") == name else {}),
        )
        for name in get_args(Payload)
    ]


def _form(fields: Sequence[Html], action: str, press: str) -> Html:
    button = element("button", press, type="submit", class_="main")
    return element("form", *fields, button, method="post", action=action)


def _text(form: Form, name: str, **attributes: str) -> Html:
    return void("input", name=name, value=form[name], spellcheck="false", **attributes)


def _checked(form: Form, name: str) -> dict[str, str]:
    return {"checked": "checked"} if form.get(name) else {}


def _problem(problem: str) -> Html | None:
    return element("p", problem, role="alert", class_="notice bad") if problem else None
