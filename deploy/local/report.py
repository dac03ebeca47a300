"""Writes a finished check for people: the verdict first, then why, then the facts.

Law: text in, text out. Strings from the target are shown without control characters.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from outscope.representation.check import Check
from outscope.representation.dns import Dns
from outscope.representation.path import Path
from outscope.representation.port import Port
from outscope.representation.tls import Tls
from outscope.representation.verdict import Analysis

_GOOD: Final = "\x1b[32m"
_BAD: Final = "\x1b[31m"
_UNSURE: Final = "\x1b[33m"
_BOLD: Final = "\x1b[1m"
_PLAIN: Final = "\x1b[0m"
_COLOURS: Final = {"analyzable": _GOOD, "not_analyzable": _BAD}
_HEADS: Final = {
    "analyzable": "Analyzable",
    "not_analyzable": "Reachable over HTTP, but not analyzable",
    "unknown": "Reachable over HTTP; what was seen does not tell whether it is analyzable",
}
_MAX_TITLE: Final = 48
_NOT_FOUND: Final = 404
_NO_ENDPOINT: Final = "http_no_endpoint"


def report_lines(check: Check, now: datetime, *, colour: bool = False) -> list[str]:
    """Return the lines that tell a person what came of a check."""
    paint = _painted if colour else _unpainted
    title = paint(_BOLD, check["fqdn"])
    vantage_point = check["vantage_point"]
    lines = [f"{title} seen from {vantage_point}" if vantage_point else title, ""]
    if failure := check["failure"]:
        verdict = paint(_BAD, "The check could not be carried out")
        lines += [f"  {verdict} ({failure['reason']}; to act: {failure['owner']})"]
        lines += [f"  {_clean(failure['message'])}"]
    if analysis := check["analysis"]:
        colour_of_it = _COLOURS.get(analysis["analyzability"], _UNSURE)
        lines += [f"  {paint(colour_of_it, _verdict(analysis, check['dns']))}"]
        lines += [f"  - {_clean(reason['message'])}" for reason in analysis["reasons"]]
        lines += _rows("front", _layers(analysis))
    if dns := check["dns"]:
        lines += ["", *_rows("dns", _dns(dns))]
    lines += _rows("ports", (_port(port, now) for port in check["ports"]))
    lines += _rows("paths", _paths(check["paths"]))
    if control := check["control"]:
        lines += _rows("random", iter([_path(control)]))
        lines += _rows("beyond", _found(check["discovered"], control))
    return lines


def _verdict(analysis: Analysis, dns: Dns | None) -> str:
    if dns and not dns["a_records"] and not dns["aaaa_records"]:
        return "Not reachable: the name has no address"
    if not analysis["reachable"]:
        return "Not reachable: no port accepted a connection"
    if not analysis["speaks_http"]:
        return "Reachable, but nothing there speaks HTTP"
    runner_up = analysis["kind_runner_up"]
    is_open = runner_up is not None and analysis["kind_confidence"] == "low"
    claims = [f"kind: {analysis['kind']}" + (f", or {runner_up}" if is_open else "")]
    claims += ["asks for authentication"] if analysis["auth_detected"] else []
    claims += ["exposes API documentation"] if analysis["api_doc_detected"] else []
    head = _HEADS.get(analysis["analyzability"], _HEADS["unknown"])
    return f"{head} ({', '.join(claims)})"


def _layers(analysis: Analysis) -> Iterator[str]:
    return (
        f"{_clean(layer['vendor'])} ({layer['role']}): {layer['action']}"
        for layer in analysis["layers"]
    )


def _dns(dns: Dns) -> Iterator[str]:
    if dns["cname_chain"]:
        yield "alias of " + " -> ".join(map(_clean, dns["cname_chain"]))
    records = [*dns["a_records"], *dns["aaaa_records"]]
    outcome = dns["outcome"]
    if records:
        yield ", ".join(records)
    else:
        yield f"no address ({outcome['code'] if outcome else 'not asked'})"


def _port(port: Port, now: datetime) -> str:
    text = f"{port['port']:<5} {port['state']:<11}"
    if not port["tcp_open"]:
        return text.rstrip()
    if port["tls"]:
        text += f" {_tls(port['tls'], now)};"
    return text + (" speaks HTTP" if port["speaks_http"] else " does not speak HTTP")


def _tls(tls: Tls, now: datetime) -> str:
    trust = "certificate valid" if tls["valid"] else "certificate INVALID"
    details = [trust if tls["valid"] else f"{trust}: {', '.join(tls['flags']) or 'not trusted'}"]
    if tls["expires_at"]:
        details.append(_expiry(datetime.fromisoformat(tls["expires_at"]), now))
    return f"{tls['version'] or 'TLS'}, {', '.join(details)}"


def _expiry(expires_at: datetime, now: datetime) -> str:
    days = (expires_at - now).days
    if expires_at <= now:
        return f"expired on {expires_at:%Y-%m-%d}"
    return f"{days} day{'' if days == 1 else 's'} left (until {expires_at:%Y-%m-%d})"


def _paths(paths: list[Path]) -> Iterator[str]:
    codes = {outcome["code"] if (outcome := path["outcome"]) else None for path in paths}
    if codes == {_NO_ENDPOINT}:
        return iter(["not requested: no port speaks HTTP"])
    return (_path(path) for path in paths)


def _found(discovered: list[Path], control: Path) -> Iterator[str]:
    """Return what was found beyond the paths: what is not there, or is everywhere, is left out."""
    usual = control["status_code"], control["body_sha256"]
    for path in discovered:
        here = path["status_code"], path["body_sha256"]
        if here != usual and path["status_code"] not in {None, _NOT_FOUND}:
            yield _path(path)


def _path(path: Path) -> str:
    outcome = path["outcome"]
    status = path["status_code"]
    code = str(status) if status is not None else (outcome["code"] if outcome else "not requested")
    parts = [f"{code} {_clean(path['path'])}"]
    if path["content_type"]:
        parts.append(_clean(path["content_type"].partition(";")[0]))
    if path["location"]:
        parts.append(f"-> {_clean(path['location'])}")
    if path["title"]:
        title = _clean(path["title"])
        shown = title if len(title) <= _MAX_TITLE else f"{title[: _MAX_TITLE - 1]}…"
        parts.append(f"“{shown}”")
    return "  ".join(parts)


def _rows(name: str, rows: Iterator[str]) -> list[str]:
    """Return the rows with the name of their section before the first."""
    return [f"  {name if first else '':<7}{row}" for first, row in _marked(rows)]


def _marked(rows: Iterator[str]) -> Iterator[tuple[bool, str]]:
    return ((position == 0, row) for position, row in enumerate(rows))


def _clean(text: str) -> str:
    """Drop what could move the cursor or hide text in a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _painted(code: str, text: str) -> str:
    return f"{code}{text}{_PLAIN}"


def _unpainted(_: str, text: str) -> str:
    return text
