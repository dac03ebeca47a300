"""The pages of vantage points, of usage, and of the key in use."""

from collections.abc import Mapping
from typing import Any, Final

from services.gateway.console.pages.layout import Curl, shell, table, tag
from services.gateway.html import Child, Html, element

Json = Mapping[str, Any]

_LIMITS: Final = (
    ("rate", "Checks created this minute"),
    ("in_flight", "Checks pending now"),
    ("monthly", "Checks created this month"),
)


def vantage_points_page(answer: Json, base_url: str) -> str:
    """Return the page of an answer of GET /v1/vantage-points."""
    heads = ("Name", "Tags", "Fit probers", "Waiting", "Typical wait", "IPv6", "Versions", "Faults")
    rows = table(heads, map(_vantage_point, answer["data"]), "Vantage points")
    curl = [Curl(base_url=base_url, path="/v1/vantage-points")]
    return shell("Vantage points", [rows], here="/vantage-points", curl=curl)


def usage_page(usage: Json, base_url: str) -> str:
    """Return the page of an answer of GET /v1/usage."""
    rows = [_limit(label, usage[name]) for name, label in _LIMITS]
    heads = ("What", "Used", "Limit", "Share", "All left again", "Counted for")
    parts: list[Html] = [table(heads, rows, "Limits")]
    webhooks = usage.get("webhooks")
    if webhooks:
        told = f"Webhooks enabled: {webhooks['enabled']}, of at most {webhooks['limit']}."
        parts.append(element("p", told))
        parts += [
            element("p", f"{one['id']} gets nothing: {one['disabled_reason']}", class_="notice bad")
            for one in webhooks["disabled"]
        ]
    return shell("Usage", parts, here="/usage", curl=[Curl(base_url=base_url, path="/v1/usage")])


def keys_page(api_key: str, usage: Json, base_url: str) -> str:
    """Return the page of the key in use, told by its ends, of its limits, of how keys are made."""
    steps = "\n".join(
        f"python -m services.scheduler keys {command}"
        for command in ("create --name ci", "list", "revoke key_…")
    )
    rows = [
        (
            label,
            "none" if usage[name]["limit"] is None else usage[name]["limit"],
            _shared(usage[name]),
        )
        for name, label in _LIMITS
    ]
    parts = [
        element("p", "You are signed in with ", element("code", masked(api_key)), "."),
        element("h2", "What it may"),
        table(("What", "Limit", "Counted for"), rows, "Limits of the key"),
        element("h2", "Further keys"),
        element("p", "Keys are made and revoked by whoever runs this system, where it runs:"),
        element("pre", element("code", steps), tabindex="0", aria_label="Commands for keys"),
        element(
            "p",
            "A key that is revoked ends its sessions here with the next page. "
            "To use another one, sign out and sign in with it.",
            class_="soft",
        ),
    ]
    return shell("API key", parts, here="/keys", curl=[Curl(base_url=base_url, path="/v1/usage")])


def _shared(use: Json) -> str:
    return "this key alone" if use["scope"] == "key" else "all keys of the account"


def masked(api_key: str) -> str:
    """Return a key so that its owner knows it and nobody can use it."""
    return f"{api_key[:8]}…{api_key[-4:]}"


def _vantage_point(one: Json) -> tuple[Child, ...]:
    tone = "good" if one["fit_probers"] == one["live_probers"] > 0 else "bad"
    wait_s = one["typical_wait_s"]
    private = tag("private") if one["is_private"] else None
    return (
        element("span", element("strong", one["name"], class_="whole"), " ", private),
        ", ".join(one["tags"]),
        tag(f"{one['fit_probers']} of {one['live_probers']}", tone),
        one["queue"],
        None if wait_s is None else f"{wait_s} s",
        "yes" if one["has_ipv6"] else "no",
        ", ".join(one["versions"]),
        "; ".join(f"{fault['part']}: {fault['reason']}" for fault in one["faults"]),
    )


def _limit(label: str, use: Json) -> tuple[Child, ...]:
    limit, used = use["limit"], use["used"]
    share: Child = None
    if limit and used is not None:
        share = element(
            "meter",
            f"{used} of {limit}",
            min="0",
            max=str(limit),
            value=str(used),
            aria_label=label,
        )
    return label, used, "none" if limit is None else limit, share, use["reset_at"], _shared(use)
