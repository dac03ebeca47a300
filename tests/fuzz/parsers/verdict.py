"""Whole facts of a host, made up: always a verdict with reasons that can be told and sent."""

from dataclasses import replace
from datetime import UTC, datetime

from outscope.v1 import messages_pb2
from services.prober.facts import (
    Certificate,
    HostFacts,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    Redirect,
    TcpState,
    TlsFacts,
    TlsFlag,
)
from services.prober.judge.codes import CATEGORY
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import (
    MAX_VALUE_CHARS,
    Action,
    Analyzability,
    Category,
    Confidence,
    Evidence,
    Role,
    Verdict,
)
from services.prober.report import Observer, result_report
from tests.fuzz.drawing import Drawing
from tests.fuzz.target import Target
from tests.unit.prober.judge.shapes import answer, dns, host

_CODES = tuple(OutcomeCode)
_KINDS = ("text/html", "application/json", "text/plain", "application/xml", "image/png", "", None)
_HEADERS = (
    *("server", "location", "set-cookie", "www-authenticate", "cf-mitigated", "x-datadome"),
    *("cf-ray", "x-amzn-waf-action", "via", "x-powered-by", "retry-after", "link"),
)
_VALUES = (
    *("cloudflare", "awselb/2.0", "AkamaiGHost", "challenge", "1.1 google", "PHP/8", "__cf_bm=1"),
    *('Bearer realm="https://id.other.org/t", Basic', "</o>; rel=service-desc"),
    *("JSESSIONID=1", "https://x.cloudflareaccess.com/cdn-cgi/access/login"),
)
_PATHS = (
    *("/", "/login", "/openapi.json", "/health", "/.well-known/openid-configuration"),
    "/k3v9x0q2m7t5w8r1b6zd",
)
_URLS = ("https://shop.example.com", "https://www.shop.example.com", "http://other.org:81", "")
_WHEN = datetime(2026, 4, 21, tzinfo=UTC)
_OBSERVER = Observer(
    vantage_point="test-1",
    prober_id="prober-1",
    started_at=_WHEN,
    duration_ms=1,
    has_ipv6=True,
    egress_addresses=(),
    user_agent="OutScope/test",
)


def check(noise: bytes) -> None:
    """Judge what noise says of a host, twice, and report it."""
    facts = facts_of(Drawing(noise))
    verdict = verdict_for(facts)
    assert verdict == verdict_for(facts)
    _hold_together(verdict)
    job = messages_pb2.ProbeJob(probe_id="prb_1", check_id="chk_1", attempt=1)
    report = result_report(job, facts, verdict, _OBSERVER)
    assert messages_pb2.ProbeReport.FromString(report.SerializeToString()) == report


def _hold_together(verdict: Verdict) -> None:
    assert verdict.reasons
    assert not verdict.analyzable or verdict.speaks_http
    assert verdict.analyzable is (verdict.analyzability is Analyzability.ANALYZABLE)
    is_open = verdict.analyzability is Analyzability.UNKNOWN
    assert not is_open or verdict.confidence is Confidence.LOW
    assert verdict.kind_runner_up != verdict.kind
    for reason in verdict.reasons:
        assert reason.category in Category
        assert reason.category is CATEGORY[reason.code]
        assert reason.message.endswith(".")
        _can_be_shown(reason.evidence)
    assert len(set(verdict.reasons)) == len(verdict.reasons)
    for layer in verdict.layers:
        assert layer.vendor
        assert layer.role in Role
        assert layer.action in Action
        _can_be_shown(layer.evidence)
    _tells_who_asks(verdict)
    for document in verdict.documents:
        assert document.type
        assert document.complete or document.operations is None
        _can_be_shown(document.evidence)
    assert verdict.documents or not verdict.api_doc_detected
    assert len({(layer.vendor, layer.role) for layer in verdict.layers}) == len(verdict.layers)


def _tells_who_asks(verdict: Verdict) -> None:
    known = verdict.authentication
    if known is None:
        assert not verdict.auth_detected
        return
    assert known.paths
    assert 0 <= known.gated_share <= 1
    asks = False
    for path in known.paths:
        asks |= path.is_gated or any(item.rule != "auth.login_link" for item in path.evidence)
        if path.is_gated:
            _can_be_shown(path.evidence)
    assert verdict.auth_detected is asks


def _can_be_shown(evidence: tuple[Evidence, ...]) -> None:
    assert evidence
    assert all(len(item.value) <= MAX_VALUE_CHARS for item in evidence)


def facts_of(drawing: Drawing) -> HostFacts:
    """Return facts of a host."""
    return host(
        *[_followed(drawing) for _ in range(drawing.integer(3))],
        ports=tuple(_port(drawing) for _ in range(drawing.integer(3))),
        fqdn=drawing.one_of(("shop.example.com", "api.example.co.uk", "a.github.io")),
        name=dns(drawing.one_of((OutcomeCode.OK, *_CODES))),
        deadline_hit=drawing.claim(),
        control=_path(drawing) if drawing.claim() else None,
        discovered=tuple(_path(drawing) for _ in range(drawing.integer(3))),
    )


def _followed(drawing: Drawing) -> PathFacts:
    """Return what a path answered, with redirects that were followed and other addresses."""
    redirects = tuple(
        Redirect(answer=_hop(drawing), cross_host=drawing.claim())
        for _ in range(max(0, drawing.integer(8) - 5))
    )
    others = tuple(_path(drawing) for _ in range(max(0, drawing.integer(8) - 6)))
    return replace(_path(drawing), redirects=redirects, other_addresses=others)


def _hop(drawing: Drawing) -> PathFacts:
    answer = _path(drawing)
    return replace(answer, url=drawing.one_of(_URLS) + answer.path) if answer.url else answer


def _path(drawing: Drawing) -> PathFacts:
    headers = tuple((_name(drawing), _value(drawing)) for _ in range(drawing.integer(5)))
    if drawing.integer(7) == 0:
        return PathFacts(path=drawing.one_of(_PATHS), outcome=_outcome(drawing))
    made = answer(
        drawing.one_of((200, 301, 302, 401, 403, 404, 429, 500, 503, 100 + drawing.integer(899))),
        drawing.raw(2000),
        path=drawing.one_of(_PATHS),
        kind=drawing.one_of(_KINDS),
        headers=headers,
    )
    return replace(made, outcome=_outcome(drawing)) if drawing.claim() else made


def _name(drawing: Drawing) -> str:
    return drawing.one_of(_HEADERS) if drawing.claim() else drawing.latin(20).lower()


def _value(drawing: Drawing) -> str:
    return drawing.one_of(_VALUES) if drawing.claim() else drawing.latin(200)


def _port(drawing: Drawing) -> PortFacts:
    probe = _path(drawing) if drawing.claim() else None
    has_tls = drawing.claim()
    return PortFacts(
        port=1 + drawing.integer(65534),
        state=drawing.one_of(tuple(TcpState)),
        address="192.0.2.1",
        tcp_outcome=_outcome(drawing),
        tls=_tls(drawing) if has_tls else None,
        tls_outcome=_outcome(drawing) if has_tls else None,
        speaks_http=probe is not None and probe.status is not None,
        http_outcome=_outcome(drawing) if drawing.claim() else None,
        probe=probe,
    )


def _tls(drawing: Drawing) -> TlsFacts:
    flags = tuple(flag for flag in TlsFlag if drawing.claim())
    names = tuple(drawing.latin(40) for _ in range(drawing.integer(2)))
    leaf = Certificate(fingerprint_sha256="0" * 64, subject=drawing.latin(60), names=names)
    return TlsFacts(
        outcome=_outcome(drawing),
        valid=not flags,
        flags=flags,
        chain=(leaf,) * drawing.integer(2),
        verify_message=drawing.latin(100),
    )


def _outcome(drawing: Drawing) -> Outcome:
    return Outcome(code=drawing.one_of(_CODES), duration_ms=drawing.integer(60_000))


def _seed(body: bytes, *, status: int = 0, kind: int = 0) -> bytes:
    """Return noise that makes a host without ports of one answer with this body."""
    head = bytes([1, 0, 0, 0, 1, 0, 0, status]) + len(body).to_bytes(2)
    return head + body + bytes([0, kind, 0])


TARGET = Target(
    check=check,
    seeds=(
        b"",
        _seed(b"<title>Shop</title><p>Shoes</p>"),
        _seed(b"<form><input name=u><input type=password></form>"),
        _seed(b'{"openapi":"3.0.0","info":{},"paths":{}}', kind=1),
        _seed(b"openapi: 3.0.0\ninfo: {}\npaths: {}\n", kind=2),
        _seed(b"<title>Just a moment...</title>", status=4),
    ),
    max_bytes=6000,
)
