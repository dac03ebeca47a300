"""A check for people: the verdict first, why, what to do, then what was seen.

Law: made of the check alone, the same in a terminal, as plain text and as Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from outscope_client.cli.wording import cleaned, counted, in_markdown, shortened
from outscope_client.models import Analysis, Check, Dissent, Path, Port, Tls, VantageView

GOOD, BAD, UNSURE = "green", "red", "yellow"
_SOON_DAYS = 14
_HEADINGS = {"dns": "DNS", "tls": "TLS", "api docs": "API docs"}
_TONES = {"analyzable": GOOD, "not_analyzable": BAD}
_HEADS = {
    "analyzable": "Analyzable",
    "not_analyzable": "Reachable over HTTP, but not analyzable",
    "unknown": "Reachable over HTTP; what was seen does not tell whether it is analyzable",
}
_ACTIONS = {"challenge": "challenged us", "block": "blocked us", "rate_limit": "slowed us down"}


@dataclass(frozen=True)
class Report:
    """What is told of a check, part by part."""

    title: str
    verdict: str
    tone: str
    parts: list[tuple[str, list[str]]] = field(default_factory=list)


def report_of(check: Check) -> Report:
    """Return the report of a check, whatever its state."""
    place = _place_of(check)
    title = cleaned(check["fqdn"]) + (f" seen from {cleaned(place)}" if place else "")
    analysis = check.get("analysis")
    if check["status"] == "failed":
        failure = check["failure"]
        verdict = f"The check could not be carried out ({cleaned(failure['reason'])})"
        whose = f"To act: {cleaned(failure['owner'])}. It says nothing about the target."
        return Report(title, verdict, BAD, [("why", [cleaned(failure["message"]), whose])])
    if analysis is None:
        return Report(title, f"The check is {cleaned(check['status'])}", UNSURE)
    sections = {
        "why": [cleaned(reason["message"]) for reason in analysis["reasons"]],
        "to do": list(_advice(check, analysis)),
        "front": [
            cleaned(f"{layer['vendor']} ({layer['role']}): {layer['action']}")
            for layer in analysis["layers"]
        ],
        **_views(check),
        "dns": list(_dns(check)),
        "ports": [_port(port) for port in check["ports"]],
        "tls": [line for port in check["ports"] if port["tls"] for line in _tls(port)],
        "paths": [_path(path) for path in check["paths"]],
        "api docs": [
            f"{cleaned(one['type'])}: {cleaned(one['url'] or 'in the page of its viewer')}"
            for one in analysis.get("documents", [])
        ],
    }
    tone = _TONES.get(analysis["analyzability"], UNSURE) if analysis["speaks_http"] else BAD
    parts = [(name, rows) for name, rows in sections.items() if rows]
    return Report(title, verdict_of(check), tone, parts)


def _place_of(check: Check) -> str:
    """Return from where; of several places all, as what is shown is of one of them."""
    several = [view["vantage_point"] for view in check.get("vantages") or []]
    return ", ".join(several) or check.get("vantage_point") or ""


def _views(check: Check) -> dict[str, list[str]]:
    """Return what each of several places saw, and in what they disagree."""
    views = check.get("vantages") or []
    if not views:
        return {}
    width = max(len(view["vantage_point"]) for view in views)
    lanes = [f"{cleaned(view['vantage_point']):<{width}}  {verdict_of(view)}" for view in views]
    agreement = check.get("agreement")
    if agreement is None:
        return {"places": lanes, "agreement": ["none of them can be counted"]}
    counted_ones = f"{len(agreement['counted'])} of {counted(len(views), 'place')} counted"
    told = [f"{cleaned(agreement['code'])} ({counted_ones})"]
    for dissent in agreement["dissents"]:
        told += _dissent_lines(dissent)
    return {"places": lanes, "agreement": told}


def _dissent_lines(dissent: Dissent) -> Iterator[str]:
    compared = dissent["compared_with"]
    against = f" and not in {cleaned(compared)}" if compared else ""
    yield f"{cleaned(dissent['code'])} in {cleaned(dissent['vantage_point'])}{against}:"
    for one in dissent["evidence"]:
        there, elsewhere = (shortened(str(one[side]), 60) for side in ("value", "elsewhere"))
        other = f", there {elsewhere}" if one["elsewhere"] else ""
        yield f"  {cleaned(one['field'])} is {there}{other}"


def verdict_of(check: Check | VantageView) -> str:
    """Return the verdict in one line."""
    analysis, dns = check.get("analysis"), check.get("dns")
    if analysis is None:
        failure = check.get("failure")
        return cleaned(failure["reason"] if failure else check["status"])
    if dns and not dns["a_records"] and not dns["aaaa_records"]:
        return "Not reachable: the name has no address"
    if not analysis["reachable"]:
        return "Not reachable: no port accepted a connection"
    if not analysis["speaks_http"]:
        return "Reachable, but nothing there speaks HTTP"
    claims = [f"kind: {cleaned(analysis['kind'])}"]
    claims += ["asks for authentication"] if analysis["auth_detected"] else []
    claims += ["exposes API documentation"] if analysis["api_doc_detected"] else []
    head = _HEADS.get(analysis["analyzability"], _HEADS["unknown"])
    return f"{head} ({', '.join(claims)})"


def _advice(check: Check, analysis: Analysis) -> Iterator[str]:
    """Yield what a person can do, the most urgent first."""
    if analysis["analyzability"] != "analyzable":
        for layer in analysis["layers"]:
            if layer["action"] in _ACTIONS:
                yield (
                    f"{cleaned(layer['vendor'])} {_ACTIONS[layer['action']]}: let the scanner's "
                    "addresses through there, and check again."
                )
    for port in check["ports"]:
        tls = port["tls"]
        if tls and not tls["valid"]:
            yield f"Port {port['port']}: mend the certificate ({_flaws(tls)})."
        elif tls and (days := tls.get("days_left")) is not None and days < _SOON_DAYS:
            yield f"Port {port['port']}: renew the certificate, {counted(days, 'day')} left."
    authentication = analysis.get("authentication")
    if analysis["auth_detected"]:
        entry = authentication["entry_url"] if authentication else None
        yield "Give the scanner an account" + (f"; log in at {cleaned(entry)}." if entry else ".")
    for document in analysis.get("documents", []):
        if document["url"] and document["complete"]:
            yield f"Import {cleaned(document['url'])} into the scanner."


def _dns(check: Check) -> Iterator[str]:
    dns = check["dns"]
    if not dns:
        return
    if dns["cname_chain"]:
        yield "alias of " + " -> ".join(map(cleaned, dns["cname_chain"]))
    outcome = dns["outcome"]
    records = [*dns["a_records"], *dns["aaaa_records"]]
    yield ", ".join(map(cleaned, records)) or f"no address ({outcome['code'] if outcome else '?'})"


def _port(port: Port) -> str:
    text = f"{port['port']} {cleaned(port['state'])}"
    if not port["tcp_open"]:
        return text
    speaks = "speaks HTTP" if port["speaks_http"] else "does not speak HTTP"
    service = port.get("service")
    return f"{text}, {speaks}" + (f" ({cleaned(service)})" if service else "")


def _tls(port: Port) -> Iterator[str]:
    tls = port["tls"]
    trust = "certificate valid" if tls["valid"] else f"certificate INVALID: {_flaws(tls)}"
    days = tls.get("days_left")
    left = f", {counted(days, 'day')} left (until {str(tls['expires_at'])[:10]})"
    yield f"{port['port']} {cleaned(tls['version'] or 'TLS')}, {trust}" + (
        left if days is not None else ""
    )
    if tls["issuer"]:
        yield f"{port['port']} issued by {cleaned(tls['issuer'])}"


def _flaws(tls: Tls) -> str:
    return ", ".join(map(cleaned, tls["flags"])) or "not trusted"


def _path(path: Path) -> str:
    outcome, status = path["outcome"], path["status_code"]
    parts = [f"{_no_answer(outcome) if status is None else status} {cleaned(path['path'])}"]
    parts += [cleaned(path["content_type"]).partition(";")[0]] if path["content_type"] else []
    parts += [f"-> {cleaned(path['location'])}"] if path["location"] else []
    parts += [f"\u201c{shortened(path['title'], 48)}\u201d"] if path["title"] else []
    return "  ".join(parts)


def _no_answer(outcome: Mapping[str, Any] | None) -> str:
    return f"no answer ({cleaned(outcome['code'])})" if outcome else "not requested"


def report_lines(report: Report) -> list[tuple[str, str]]:
    """Return each line with its style."""
    verdict = f"  {cleaned(report.verdict)}"
    lines = [("bold", cleaned(report.title)), ("", ""), (report.tone, verdict)]
    for name, rows in report.parts:
        lines.append(("", ""))
        for number, row in enumerate(rows):
            lines.append(("", f"  {name if number == 0 else '':<9} {cleaned(row)}"))
    return lines


def report_markdown(report: Report) -> str:
    """Return the report in Markdown."""
    lines = [f"# {in_markdown(report.title)}", "", f"**{in_markdown(report.verdict)}**"]
    for name, rows in report.parts:
        lines += ["", f"## {_heading(name)}", "", *(f"- {in_markdown(row)}" for row in rows)]
    return "\n".join(lines) + "\n"


def _heading(name: str) -> str:
    return _HEADINGS.get(name, name.capitalize())
