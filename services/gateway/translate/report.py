"""A check as a page to hand on: it needs nothing but itself, and runs nothing.

Law: made of the check alone, as GET /v1/check/{id} shows it; the verdict first, then why, then what
was seen, then what was not looked at.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from services.gateway.html import Child, Html, element, page, stylesheet, void
from services.gateway.translate.coverage import coverage
from services.gateway.translate.report_style import CSS
from services.gateway.translate.several import (
    DISSENT_HEADS,
    agreement_told,
    dissent_rows,
    mark_of,
)

Json = Mapping[str, Any]

_TONES: Final = {"analyzable": "good", "not_analyzable": "bad"}
_HEADS: Final = {
    "analyzable": "Analyzable: a scanner can work with it",
    "not_analyzable": "Not analyzable: a scanner cannot work with it",
    "unknown": "What was seen does not tell whether a scanner can work with it",
}


def report_page(check: Json, remarks: Sequence[str] = ()) -> str:
    """Return the page; remarks are said beside what was not looked at."""
    title = f"{check['fqdn']} as seen from outside"
    head = (
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        stylesheet(CSS),
    )
    return page(head, [element("main", *_parts(check, title, remarks))])


@cache
def report_policy() -> str:
    """Return the content security policy of the page: its own style sheet, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _parts(check: Json, title: str, remarks: Sequence[str]) -> Iterator[Html]:
    yield element("h1", title)
    yield element("p", f"Check {check['id']} of {check['created_at']}", class_="soft")
    analysis = check["analysis"]
    tone, verdict = _verdict(check)
    yield element("p", verdict, class_=f"verdict {tone}")
    if check["failure"] is not None:
        yield element("p", check["failure"]["message"])
        yield element("p", "This says nothing about the target.", class_="soft")
    yield from _views(check)
    if analysis is not None:
        yield from _judged(analysis)
        yield from _seen(check)
    if check["status"] != "pending":
        yield element("h2", "What was looked at, and what was not")
        yield _list([*coverage(check), *remarks])


def _verdict(check: Json) -> tuple[str, str]:
    if check["failure"] is not None:
        return "bad", f"The check could not be carried out ({check['failure']['reason']})"
    analysis = check["analysis"]
    if analysis is None:
        return "unsure", f"The check is {check['status']}"
    if not analysis["reachable"]:
        return "bad", "Not reachable: no port accepted a connection"
    if not analysis["speaks_http"]:
        return "bad", "Reachable, but nothing there speaks HTTP"
    state = analysis["analyzability"]
    return _TONES.get(state, "unsure"), _HEADS.get(state, _HEADS["unknown"])


def _views(check: Json) -> Iterator[Html]:
    """Yield what each of several vantage points saw, and in what they do not agree."""
    if not check["vantages"]:
        return
    agreement = check["agreement"]
    yield element("h2", "Vantage points")
    if (told := agreement_told(check)) is not None:
        tone, words, code = told
        yield element("p", f"{words} ({code})" if code else words, class_=tone)
    yield _table(
        ("Vantage point", "Verdict", "Addresses", "Paths", "With the others"),
        [_view(view, agreement) for view in check["vantages"]],
    )
    if rows := list(dissent_rows(agreement)):
        yield element("h2", "In what they differ")
        yield _table(DISSENT_HEADS, rows)


def _view(view: Json, agreement: Json | None) -> tuple[Child, ...]:
    name, dns = view["vantage_point"], view["dns"] or {}
    addresses = [*dns.get("a_records", ()), *dns.get("aaaa_records", ())]
    paths = [f"{path['path']} {_answer(path)}" for path in view["paths"]]
    verdict = "Awaited" if view["status"] == "pending" else _verdict(view)[1]
    agreed = "agrees" if agreement is not None else None
    mark = mark_of(name, agreement) or agreed
    return name, verdict, ", ".join(addresses), ", ".join(paths), mark


def _judged(analysis: Json) -> Iterator[Html]:
    claims = [f"kind: {analysis['kind']} ({analysis['kind_confidence']} confidence)"]
    claims += ["asks for authentication"] if analysis["auth_detected"] else []
    claims += ["exposes API documentation"] if analysis["api_doc_detected"] else []
    yield element("p", "; ".join(claims))
    yield element("h2", "Why")
    yield element("ul", *(_reason(reason) for reason in analysis["reasons"]))
    if analysis["layers"]:
        yield element("h2", "Who stands in front")
        yield _table(
            ("Who", "As", "What it did here"),
            ((layer["vendor"], layer["role"], layer["action"]) for layer in analysis["layers"]),
        )
    if analysis["documents"]:
        yield element("h2", "API documentation")
        yield _table(
            ("Type", "State", "Title", "Address"),
            (
                (f"{one['type']} {one['version'] or ''}", one["state"], one["title"], one["url"])
                for one in analysis["documents"]
            ),
        )


def _reason(reason: Json) -> Html:
    shown = [
        element("li", element("code", one["field"]), ": ", element("code", one["value"]))
        for one in reason["evidence"]
    ]
    return element("li", reason["message"], element("ul", *shown, class_="soft") if shown else None)


def _seen(check: Json) -> Iterator[Html]:
    dns = check["dns"]
    if dns is not None:
        yield element("h2", "Name")
        found = [*dns["cname_chain"], *dns["a_records"], *dns["aaaa_records"]]
        yield element("p", ", ".join(found) or f"no address ({_code(dns['outcome'])})")
    yield element("h2", "Ports")
    yield _table(("Port", "State", "TLS", "HTTP", "Service"), map(_port, check["ports"]))
    certificates = [row for port in check["ports"] for row in _certificates(port)]
    if certificates:
        yield element("h2", "Certificates")
        yield _table(("Port", "Subject", "Issuer", "From", "Until", "Key"), certificates)
    yield element("h2", "Paths")
    yield _table(("Path", "Answer", "Type", "Title", "Took"), map(_path, check["paths"]))
    hops = [row for path in check["paths"] for row in _hops(path)]
    if hops:
        yield element("h2", "Redirects")
        yield _table(("Path", "Answer", "To"), hops)


def _port(port: Json) -> tuple[Child, ...]:
    tls = port["tls"]
    if tls is None:
        told = "-"
    elif tls["valid"]:
        told = f"{tls['version']}, certificate valid, {tls['days_left']} days left"
    else:
        told = f"{tls['version'] or 'TLS'}, certificate not valid: {', '.join(tls['flags'])}"
    http = "yes" if port["speaks_http"] else f"no ({_code(port['http_outcome'])})"
    return port["port"], port["state"], told, http, port["service"]


def _certificates(port: Json) -> Iterator[tuple[Child, ...]]:
    for one in (port["tls"] or {}).get("chain", ()):
        key = f"{one['key_type']} {one['key_bits'] or ''}"
        yield (
            port["port"],
            one["subject"],
            one["issuer"],
            _day(one["not_before"]),
            _day(one["not_after"]),
            key,
        )


def _day(moment: str | None) -> str | None:
    return moment and moment.partition("T")[0]


def _path(path: Json) -> tuple[Child, ...]:
    timing = path["timing"]
    took = f"{timing['total_ms']} ms" if timing and timing["total_ms"] is not None else None
    return path["path"], _answer(path), path["content_type"], path["title"], took


def _answer(path: Json) -> Child:
    status: int | None = path["status_code"]
    return _code(path["outcome"]) if status is None else status


def _hops(path: Json) -> Iterator[tuple[Child, ...]]:
    if path["location"]:
        yield path["path"], path["status_code"], path["location"]
    for hop in path["redirects"]:
        answer = hop["answer"]
        status = answer["status_code"]
        told = _code(answer["outcome"]) if status is None else status
        yield answer["url"], told, answer["location"]


def _code(outcome: Json | None) -> str:
    return "not tried" if outcome is None else str(outcome["code"])


def _list(lines: Sequence[str]) -> Html:
    return element("ul", *(element("li", line) for line in lines))


def _table(
    heads: Sequence[str], rows: Iterator[Sequence[Child]] | Sequence[Sequence[Child]]
) -> Html:
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    body = [
        element("tr", *(element("td", "-" if cell in {None, ""} else cell) for cell in row))
        for row in rows
    ]
    table = element("table", element("thead", head), element("tbody", *body))
    # It may be wider than a phone, and a keyboard has to reach what is beyond its edge.
    return element("div", table, class_="scroll", tabindex="0")
