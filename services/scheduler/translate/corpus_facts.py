"""The facts of a check as a case of the corpus writes them; tests/corpus/README.md has the format.

Law: the facts that a case gives back have the verdict of those that were kept. What is left out is
what a reader takes for granted, or reads from headers and body itself.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from outscope.representation.codes import outcome_code, tcp_state_code
from outscope.v1 import check_pb2, facts_pb2, messages_pb2

Written = dict[str, Any]
Kept = Mapping[str, messages_pb2.KeptAnswer]

_OK: Final = "ok"
_OPEN: Final = "open"
_NO_TLS: Final = "tls_not_tls"
# Fields of an answer that are read from its first header of a name.
_FROM_HEADERS: Final = (
    ("content_type", "content-type"),
    ("server", "server"),
    ("location", "location"),
)


class UnkeptAnswerError(ValueError):
    """Of an answer nothing is kept; the text is its place in the facts."""


def written_facts(
    spec: check_pb2.CheckSpec, result: check_pb2.CheckResult, kept: messages_pb2.KeptFacts
) -> Written:
    """Return what was observed as a case writes it; raises UnkeptAnswerError."""
    answers = {answer.where: answer for answer in kept.answers}
    written: Written = {
        "fqdn": spec.fqdn,
        "dns": _dns(result.dns),
        "ports": [_port(port, f"ports[{at}]", answers) for at, port in enumerate(result.ports)],
        "paths": [_answer(path, f"paths[{at}]", answers) for at, path in enumerate(result.paths)],
    }
    if spec.max_redirects:
        written["max_redirects"] = spec.max_redirects
    if result.HasField("control"):
        written["control"] = _answer(result.control, "control", answers)
    if result.discovered:
        written["discovered"] = [
            _answer(path, f"discovered[{at}]", answers) for at, path in enumerate(result.discovered)
        ]
    if kept.deadline_hit:
        written["deadline_hit"] = True
    return written


def _dns(dns: facts_pb2.DnsFacts) -> Written:
    return {
        "outcome": outcome_code(dns.outcome.code),
        "a": list(dns.a_records),
        "aaaa": list(dns.aaaa_records),
        "cname_chain": list(dns.cname_chain),
    }


def _port(port: facts_pb2.PortFacts, where: str, answers: Kept) -> Written:
    state = tcp_state_code(port.state)
    written: Written = {"port": port.port}
    if state != _OPEN:
        written["state"] = state
    tcp = outcome_code(port.tcp_outcome.code)
    if tcp != _OK:
        written["tcp_outcome"] = tcp
    if state == _OPEN:
        written |= _spoken(port)
    if port.HasField("probe"):
        written["probe"] = _answer(port.probe, f"{where}.probe", answers)
    banner = port.banner.decode("utf-8", "replace")
    if banner:
        written["banner"] = banner
    if port.service:
        written["service"] = port.service
    return written


def _spoken(port: facts_pb2.PortFacts) -> Written:
    """Return what an open port speaks; null stands for an outcome that nothing is known of."""
    written: Written = {}
    if port.HasField("tls"):
        written["tls"] = _tls(port.tls)
    tls = outcome_code(port.tls_outcome.code) if port.HasField("tls_outcome") else None
    if tls != (_OK if "tls" in written else _NO_TLS):
        written["tls_outcome"] = tls
    http = outcome_code(port.http_outcome.code) if port.HasField("http_outcome") else None
    if http != _OK:
        written["http_outcome"] = http
    if port.speaks_http is not (http == _OK):
        written["speaks_http"] = port.speaks_http
    return written


def _tls(tls: facts_pb2.TlsFacts) -> Written:
    written: Written = {"version": tls.version} if tls.version else {}
    outcome = outcome_code(tls.outcome.code)
    if outcome != _OK:
        written["outcome"] = outcome
    if tls.flags:
        written["flags"] = list(tls.flags)
    if tls.valid is bool(tls.flags):
        written["valid"] = tls.valid
    if tls.verify_message:
        written["verify_message"] = tls.verify_message
    if tls.versions:
        written["versions"] = [
            {
                "version": each.version,
                "accepted": each.accepted,
                "outcome": outcome_code(each.outcome.code),
            }
            for each in tls.versions
        ]
    return written


def _answer(path: facts_pb2.PathFacts, where: str, answers: Kept) -> Written:
    kept = answers.get(where)
    if kept is None:
        raise UnkeptAnswerError(where)
    written: Written = {"path": path.path, "url": path.url}
    if path.HasField("status_code"):
        written["status"] = path.status_code
    outcome = outcome_code(path.outcome.code)
    if outcome != _OK or "status" not in written:
        written["outcome"] = outcome
    if path.reason:
        written["reason"] = path.reason
    written |= _head(path, kept) | _body(path, kept)
    if path.truncated:
        written["truncated"] = True
    written["address"] = path.address
    if path.redirects:
        written["redirects"] = [
            _redirect(redirect, f"{where}.redirects[{hop}].answer", answers)
            for hop, redirect in enumerate(path.redirects)
        ]
    if path.other_addresses:
        written["other_addresses"] = [
            _answer(other, f"{where}.other_addresses[{place}]", answers)
            for place, other in enumerate(path.other_addresses)
        ]
    return written


def _redirect(redirect: facts_pb2.Redirect, where: str, answers: Kept) -> Written:
    written: Written = {
        "answer": _answer(redirect.answer, where, answers),
        "cross_host": redirect.cross_host,
    }
    if redirect.HasField("tls"):
        written["tls"] = _tls(redirect.tls)
    if redirect.denial:
        written["denial"] = redirect.denial
    return written


def _head(path: facts_pb2.PathFacts, kept: messages_pb2.KeptAnswer) -> Written:
    """Return the headers, and what was told of them otherwise than they say, such as cut."""
    headers = [[header.name, header.value] for header in kept.headers]
    written: Written = {"headers": headers} if headers else {}
    first = dict(reversed([(header.name, header.value) for header in kept.headers]))
    for name, header in _FROM_HEADERS:
        if getattr(path, name) != first.get(header, ""):
            written[name] = getattr(path, name)
    return written


def _body(path: facts_pb2.PathFacts, kept: messages_pb2.KeptAnswer) -> Written:
    """Return the body; of one that less is kept of than was read, what was read from it, too."""
    content = kept.body or kept.text.encode()
    written: Written = {}
    if kept.body:
        written["body_base64"] = base64.b64encode(kept.body).decode()
    elif "\n" in kept.text:
        written["body"] = kept.text.split("\n")
    elif kept.text:
        written["body"] = kept.text
    digest = hashlib.sha256(content).hexdigest() if content else ""
    if path.body_sha256 != digest:
        written |= {"body_sha256": path.body_sha256, "title": path.title}
    return written
