"""Makes the facts of a host from how a case writes them: what is left out is a plain HTTPS host."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

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
    TlsFacts,
    TlsFlag,
    TlsVersion,
)
from services.prober.observe.content import charset_of, title_of

Written = Mapping[str, Any]

_PLAIN_PORTS: Final[Sequence[Written]] = ({"port": 443, "tls": {}},)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ADDRESS: Final = "192.0.2.1"


def host_facts(written: Written) -> HostFacts:
    """Return the facts a case writes; it has passed tests.corpus.schema."""
    ports: Sequence[Written] = written.get("ports", _PLAIN_PORTS)
    base = _base_of(written["fqdn"], ports)
    return HostFacts(
        spec=CheckSpec(
            fqdn=written["fqdn"],
            ports=tuple(port["port"] for port in ports),
            paths=tuple(path.get("path", "/") for path in written["paths"]),
            max_redirects=written.get("max_redirects", 0),
        ),
        dns=_dns(written.get("dns", {})),
        ports=tuple(_port(port, written["fqdn"]) for port in ports),
        paths=tuple(_answer(path, base) for path in written["paths"]),
        control=_answer(written["control"], base) if "control" in written else None,
        discovered=tuple(_answer(path, base) for path in written.get("discovered", ())),
        deadline_hit=written.get("deadline_hit", False),
    )


def _base_of(fqdn: str, ports: Sequence[Written]) -> str:
    """Return the scheme and authority the paths are requested from: the encrypted port first."""
    if not ports:
        return f"https://{fqdn}"
    best = next((port for port in ports if "tls" in port), ports[0])
    return _base(fqdn, best)


def _base(fqdn: str, port: Written) -> str:
    scheme = "https" if "tls" in port else "http"
    number = port["port"]
    return f"{scheme}://{fqdn}" + ("" if number == _DEFAULT_PORTS[scheme] else f":{number}")


def _outcome(code: str = "ok") -> Outcome:
    return Outcome(code=OutcomeCode(code))


def _known_outcome(code: str | None) -> Outcome | None:
    return None if code is None else _outcome(code)


def _dns(written: Written) -> DnsFacts:
    outcome = _outcome(written.get("outcome", "ok"))
    addresses = tuple(written.get("a", (_ADDRESS,) if outcome.ok else ()))
    return DnsFacts(
        outcome=outcome,
        a_records=addresses,
        aaaa_records=tuple(written.get("aaaa", ())),
        cname_chain=tuple(written.get("cname_chain", ())),
        a_outcome=outcome,
        aaaa_outcome=outcome,
    )


def _port(written: Written, fqdn: str) -> PortFacts:
    state = TcpState(written.get("state", "open"))
    is_open = state is TcpState.OPEN
    http = _known_outcome(written.get("http_outcome", "ok")) if is_open else None
    tls = written.get("tls_outcome", "ok" if "tls" in written else "tls_not_tls")
    speaks_http = http is not None and http.ok
    probe = written.get("probe")
    return PortFacts(
        port=written["port"],
        state=state,
        address=_ADDRESS,
        tcp_outcome=_outcome(written.get("tcp_outcome", "ok")),
        tls=_tls(written["tls"]) if "tls" in written and is_open else None,
        tls_outcome=_known_outcome(tls) if is_open else None,
        speaks_http=written.get("speaks_http", speaks_http),
        http_outcome=http,
        probe=_answer(probe, _base(fqdn, written)) if probe else None,
        banner=written.get("banner", "").encode(),
        service=written.get("service", ""),
    )


def _tls(written: Written) -> TlsFacts:
    flags = tuple(TlsFlag(flag) for flag in written.get("flags", ()))
    return TlsFacts(
        outcome=_outcome(written.get("outcome", "ok")),
        valid=written.get("valid", not flags),
        flags=flags,
        version=written.get("version", "TLSv1.3"),
        verify_message=written.get("verify_message", ""),
        versions=tuple(
            TlsVersion(
                version=one["version"], accepted=one["accepted"], outcome=_outcome(one["outcome"])
            )
            for one in written.get("versions", ())
        ),
    )


def _answer(written: Written, base: str) -> PathFacts:
    """Return one answer; what the observer reads from it is read as it does, unless written."""
    path = written.get("path", "/")
    headers = tuple((name.lower(), value) for name, value in written.get("headers", ()))
    first = dict(reversed(headers))
    content_type = written.get("content_type", first.get("content-type")) or None
    charset = charset_of(content_type)
    body = _body(written)
    return PathFacts(
        path=path,
        outcome=_outcome(written.get("outcome", "ok")),
        url=written.get("url", f"{base}{path}"),
        status=written.get("status"),
        reason=written.get("reason", ""),
        headers=headers,
        content_type=content_type,
        charset=charset,
        body=body,
        body_sha256=written.get("body_sha256", _digest(body)),
        body_bytes=len(body),
        truncated=written.get("truncated", False),
        title=written.get("title", title_of(body, content_type, charset)),
        server=written.get("server", first.get("server", "")),
        location=written.get("location", first.get("location", "")),
        http_version="1.1" if "status" in written else "",
        address=written.get("address", _ADDRESS),
        redirects=tuple(
            Redirect(
                answer=_answer(step["answer"], base),
                cross_host=step["cross_host"],
                tls=_tls(step["tls"]) if "tls" in step else None,
                denial=step.get("denial", ""),
            )
            for step in written.get("redirects", ())
        ),
        other_addresses=tuple(_answer(one, base) for one in written.get("other_addresses", ())),
    )


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest() if body else ""


def _body(written: Written) -> bytes:
    """Return the body: text, lines of text, or bytes in base64."""
    if "body_base64" in written:
        return base64.b64decode(written["body_base64"])
    body = written.get("body", "")
    return (body if isinstance(body, str) else "\n".join(body)).encode()
