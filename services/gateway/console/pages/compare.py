"""The page that sets two checks beside each other: what changed first, then what did not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from services.gateway.console.pages.layout import Curl, field, link, shell, table
from services.gateway.console.pages.seen import code
from services.gateway.html import Child, Html, element, void

Json = Mapping[str, Any]

_CLAIMS: Final = (
    ("reachable", "Reachable"),
    ("speaks_http", "Speaks HTTP"),
    ("analyzability", "Analyzability"),
    ("kind", "Kind"),
    ("auth_detected", "Asks for authentication"),
    ("api_doc_detected", "Exposes API documentation"),
)
_RECORDS: Final = (("cname_chain", "CNAME"), ("a_records", "A"), ("aaaa_records", "AAAA"))
_WHOLE: Final = 2


def compare_page(
    ids: Sequence[str], checks: Sequence[Json], base_url: str, *, left_out: int = 0
) -> str:
    """Return the page: the form, and the comparison once there are two checks.

    left_out is how many more were chosen than are compared.
    """
    parts: list[Html | None] = [_more(left_out), _form(ids)]
    if len(checks) == _WHOLE:
        parts += _comparison(*checks)
    # The API shows each; comparing them is the page's own.
    paths = [f"/v1/check/{one['id']}" for one in checks] or ["/v1/checks"]
    curl = [Curl(base_url=base_url, path=path) for path in paths]
    return shell("Compare two checks", parts, here="/compare", curl=curl)


def facts_of(check: Json) -> dict[str, str]:
    """Return what is compared of a check, each fact by its name, as text."""
    return {name: text for name, value in _facts(check) if (text := _in_words(value))}


def _more(left_out: int) -> Html | None:
    if not left_out:
        return None
    told = f"Two checks are compared; of those you chose {left_out} more are left out."
    return element("p", told, role="status", class_="notice unsure")


def _form(ids: Sequence[str]) -> Html:
    first, second = (*ids, "", "")[:_WHOLE]
    fields = [
        field(label, void("input", name="check", value=value, required="required"))
        for label, value in (("Before", first), ("After", second))
    ]
    return element(
        "form",
        *fields,
        element("button", "Compare", type="submit", class_="main"),
        action="/compare",
        class_="filters",
    )


def _comparison(before: Json, after: Json) -> Iterator[Html]:
    heads = ("What", _head(before), _head(after))
    yield element(
        "p", link(f"/checks/{before['id']}", heads[1]), " and then ", _to(after, heads[2])
    )
    then, now = facts_of(before), facts_of(after)
    names = [*then, *(name for name in now if name not in then)]
    changed = [name for name in names if then.get(name) != now.get(name)]
    yield element("h2", f"What changed: {len(changed)}")
    if changed:
        rows: list[tuple[Child, ...]] = [(name, then.get(name), now.get(name)) for name in changed]
        yield table(heads, rows, "What changed")
    else:
        yield element("p", "Nothing that is compared is different.")
    same = [(name, then[name]) for name in names if name not in changed]
    yield element("h2", f"What is the same: {len(same)}")
    yield table(("What", "In both"), same, "What is the same")


def _head(check: Json) -> str:
    return f"{check['fqdn']} of {check['created_at']}"


def _to(check: Json, text: str) -> Html:
    return link(f"/checks/{check['id']}", text)


def _facts(check: Json) -> Iterator[tuple[str, object]]:
    yield "Status", check["status"]
    for claim, label in _CLAIMS:
        yield label, (check["analysis"] or {}).get(claim)
    layers = (check["analysis"] or {}).get("layers", ())
    yield "Who stands in front", sorted(layer["vendor"] for layer in layers)
    for name, kind in _RECORDS:
        yield f"Name: {kind} records", sorted((check["dns"] or {}).get(name, ()))
    for port in check["ports"]:
        yield from _port(port)
    for path in check["paths"]:
        yield from _path(path)


def _port(port: Json) -> Iterator[tuple[str, object]]:
    at = f"Port {port['port']}"
    yield at, port["state"]
    if (tls := port["tls"]) is not None:
        yield f"{at}: certificate valid", tls["valid"]
        for name in ("version", "issuer", "expires_at"):
            yield f"{at}: {name.replace('_', ' ')}", tls[name]


def _path(path: Json) -> Iterator[tuple[str, object]]:
    at = f"Path {path['path']}"
    status = path["status_code"]
    yield at, code(path["outcome"]) if status is None else status
    for name in ("content_type", "title", "server", "location", "body_sha256"):
        yield f"{at}: {name.replace('_', ' ')}", path[name]


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
