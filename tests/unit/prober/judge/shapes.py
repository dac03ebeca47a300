"""Builders of recorded answers: what a server sent, as the facts a prober hands to the judge."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from urllib.parse import urlsplit

from services.prober.facts import (
    CheckSpec,
    DnsFacts,
    HostFacts,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    Redirect,
    TcpState,
    Timing,
    TlsFacts,
    TlsFlag,
)
from services.prober.judge.page import Page, page_of

OK = Outcome(code=OutcomeCode.OK)
HOST = "shop.example.com"
Headers = Mapping[str, str] | Sequence[tuple[str, str]]

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def answer(
    status: int = 200,
    body: str | bytes = b"",
    *,
    path: str = "/",
    kind: str | None = "text/html; charset=utf-8",
    headers: Headers = (),
    base: str = f"https://{HOST}",
) -> PathFacts:
    """Return one answer; title and location are read from it as the observer does."""
    raw = body.encode() if isinstance(body, str) else body
    pairs = tuple(headers.items()) if isinstance(headers, Mapping) else tuple(headers)
    title = _TITLE.search(raw.decode("utf-8", "replace"))
    is_html = kind is not None and "html" in kind
    return PathFacts(
        path=path,
        outcome=OK,
        url=f"{base}{path}",
        status=status,
        headers=(*((("content-type", kind),) if kind else ()), *pairs),
        content_type=kind,
        charset="utf-8" if kind and "utf-8" in kind else "",
        body=raw,
        body_bytes=len(raw),
        body_sha256=sha256(raw).hexdigest() if raw else "",
        title=title.group(1).strip()[:256] if title and is_html else "",
        location=dict(pairs).get("location", ""),
        http_version="1.1",
    )


def json(status: int, body: str, path: str = "/", headers: Headers = ()) -> PathFacts:
    """Return a JSON answer."""
    return answer(status, body, path=path, kind="application/json", headers=headers)


def text(status: int, body: str, path: str = "/", headers: Headers = ()) -> PathFacts:
    """Return a plain text answer."""
    return answer(status, body, path=path, kind="text/plain; charset=utf-8", headers=headers)


def redirect(
    location: str,
    status: int = 302,
    path: str = "/",
    base: str = f"https://{HOST}",
    **headers: str,
) -> PathFacts:
    """Return a redirect; further headers with underscores for dashes."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    every = {"location": location, **more}
    return answer(status, path=path, kind=None, headers=every, base=base)


def followed(first: PathFacts, *hops: PathFacts, others: Sequence[PathFacts] = ()) -> PathFacts:
    """Return a path whose redirects led on so, and what other addresses answered."""
    urls = [first.url, *(hop.url for hop in hops)]
    crossings = [urlsplit(a).hostname != urlsplit(b).hostname for a, b in pairwise(urls)]
    redirects = (
        Redirect(answer=hop, cross_host=crosses)
        for hop, crosses in zip(hops, crossings, strict=True)
    )
    return replace(first, redirects=tuple(redirects), other_addresses=tuple(others))


def unanswered(
    code: OutcomeCode, path: str = "/", base: str = f"https://{HOST}", timing: Timing | None = None
) -> PathFacts:
    """Return a request that brought nothing; with a timing, one that was sent."""
    outcome = Outcome(code=code)
    return PathFacts(path=path, outcome=outcome, url=f"{base}{path}", timing=timing)


def port(
    number: int = 443,
    *,
    state: TcpState = TcpState.OPEN,
    tcp: OutcomeCode = OutcomeCode.OK,
    tls: TlsFacts | None = None,
    tls_outcome: OutcomeCode | None = None,
    http: OutcomeCode | None = OutcomeCode.OK,
    probe: PathFacts | None = None,
) -> PortFacts:
    """Return one port; by default it is open and speaks HTTP."""
    is_open = state is TcpState.OPEN
    return PortFacts(
        port=number,
        state=state,
        address="192.0.2.1",
        tcp_outcome=Outcome(code=tcp),
        tls=tls,
        tls_outcome=Outcome(code=tls_outcome) if tls_outcome else None,
        speaks_http=is_open and http is OutcomeCode.OK,
        http_outcome=Outcome(code=http) if is_open and http else None,
        probe=probe,
    )


def tls(*flags: TlsFlag) -> TlsFacts:
    """Return what a handshake showed: valid without flags."""
    return TlsFacts(outcome=OK, valid=not flags, flags=flags, version="TLSv1.3")


def dns(code: OutcomeCode = OutcomeCode.OK) -> DnsFacts:
    """Return a look-up that ended so."""
    outcome = Outcome(code=code)
    addresses = ("192.0.2.1",) if outcome.ok else ()
    return DnsFacts(outcome=outcome, a_records=addresses, a_outcome=outcome, aaaa_outcome=outcome)


def host(
    *paths: PathFacts,
    ports: Sequence[PortFacts] | None = None,
    fqdn: str = HOST,
    name: DnsFacts | None = None,
    deadline_hit: bool = False,
    max_redirects: int = 5,
    control: PathFacts | None = None,
    discovered: Sequence[PathFacts] = (),
) -> HostFacts:
    """Return a host that gave these answers on port 443."""
    return HostFacts(
        spec=CheckSpec(
            fqdn=fqdn,
            paths=tuple(one.path for one in paths) or ("/",),
            max_redirects=max_redirects,
        ),
        dns=name or dns(),
        ports=tuple(ports) if ports is not None else (port(tls=tls()),),
        paths=paths,
        control=control,
        discovered=tuple(discovered),
        deadline_hit=deadline_hit,
    )


def ready(facts: PathFacts) -> Page:
    """Return an answer ready for the rules, as paths[0]."""
    made = page_of("paths[0]", facts)
    assert made is not None
    return made
