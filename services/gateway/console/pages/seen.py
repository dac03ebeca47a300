"""What was seen of a target: its name, ports, certificates, paths, and samples as mere text."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.gateway.console.pages.layout import table, tag
from services.gateway.console.pages.timeline import rows_of, timeline
from services.gateway.html import Child, Html, element

Json = Mapping[str, Any]


def seen(check: Json) -> Iterator[Html]:
    """Yield the sections; of what was not looked at, none."""
    yield from _name(check["dns"])
    if check["ports"]:
        yield element("h2", "Ports")
        heads = ("Port", "State", "Address", "TLS", "HTTP", "Service")
        yield table(heads, map(_port, check["ports"]), "Ports")
    yield from _certificates(check["ports"])
    yield from _paths(check)
    rows = rows_of(check)
    if rows:
        yield element("h2", "Timeline")
        yield from timeline(rows)
    hops = [row for path in check["paths"] for row in _hops(path)]
    if hops:
        yield element("h2", "Redirects")
        yield table(("From", "Answer", "To", "Other host"), hops, "Redirects")
    for path in check["paths"]:
        if path["sample"] is not None:
            yield from sample(path["path"], path["sample"])


def sample(path: str, kept: Json) -> Iterator[Html]:
    """Yield an answer that was kept: as text, and never as what it would be."""
    yield element("h2", "Sample of ", element("code", path))
    headers = "\n".join(f"{one['name']}: {one['value']}" for one in kept["headers"])
    notes = [f"shown as {kept['body_encoding']}"]
    notes += ["cut off"] if kept["truncated"] else []
    notes += [f"kept until {kept['expires_at']}"] if kept["expires_at"] else []
    yield element("p", "; ".join(notes), class_="soft")
    for label, text in (("headers", headers), ("body", kept["body"])):
        yield element(
            "pre",
            element("code", text),
            tabindex="0",
            class_="sample",
            role="region",
            aria_label=f"Sample of {path}: {label}",
        )


def _name(dns: Json | None) -> Iterator[Html]:
    if dns is None:
        return
    yield element("h2", "Name")
    rows: list[tuple[Child, ...]] = [
        (kind, ", ".join(dns[field]))
        for kind, field in (("CNAME", "cname_chain"), ("A", "a_records"), ("AAAA", "aaaa_records"))
    ]
    rows += [
        (
            f"{one['kind'].upper()} of {one['name']}",
            "; ".join(one["values"]) or code(one["outcome"]),
        )
        for one in dns["records"]
    ]
    yield table(("Record", "Values"), rows, "DNS records")
    told = f"Answered {code(dns['outcome'])}"
    told += f" by {dns['resolver']}" if dns["resolver"] else ""
    yield element("p", told, "; DNSSEC validated" if dns["authenticated"] else None, class_="soft")


def _port(port: Json) -> tuple[Child, ...]:
    tls = port["tls"]
    told: Child = None
    if tls is not None and tls["valid"]:
        told = tag(f"{tls['version']}, {tls['days_left']} days left", "good")
    elif tls is not None:
        told = tag(", ".join(tls["flags"]) or code(tls["outcome"]), "bad")
    http = "yes" if port["speaks_http"] else code(port["http_outcome"])
    state = tag(port["state"], "good" if port["tcp_open"] else "bad")
    return port["port"], state, port["address"], told, http, port["service"]


def _certificates(ports: list[Json]) -> Iterator[Html]:
    rows = [
        (
            port["port"],
            place,
            one["subject"],
            one["issuer"],
            (one["not_before"] or "").partition("T")[0],
            (one["not_after"] or "").partition("T")[0],
            f"{one['key_type']} {one['key_bits'] or ''}",
        )
        for port in ports
        for place, one in enumerate((port["tls"] or {}).get("chain", ()), 1)
    ]
    if rows:
        yield element("h2", "Certificate chain")
        heads = ("Port", "Place", "Subject", "Issuer", "From", "Until", "Key")
        yield table(heads, rows, "Certificate chain")


def _paths(check: Json) -> Iterator[Html]:
    heads = ("Path", "Answer", "Type", "Title", "Server", "Bytes")
    for title, found in (("Paths", check["paths"]), ("Discovered", check["discovered"])):
        if found:
            yield element("h2", title)
            yield table(heads, map(_path, found), title)


def _path(path: Json) -> tuple[Child, ...]:
    status = path["status_code"]
    answer = code(path["outcome"]) if status is None else status
    names = ("content_type", "title", "server", "body_bytes")
    return element("code", path["path"]), answer, *(path[name] for name in names)


def _hops(path: Json) -> Iterator[tuple[Child, ...]]:
    if path["location"]:
        yield path["url"], path["status_code"], path["location"], None
    for hop in path["redirects"]:
        answer = hop["answer"]
        status = answer["status_code"]
        told = code(answer["outcome"]) if status is None else status
        yield answer["url"], told, answer["location"], "yes" if hop["cross_host"] else "no"


def code(outcome: Json | None) -> str:
    """Return the code of an outcome."""
    return "not tried" if outcome is None else str(outcome["code"])
