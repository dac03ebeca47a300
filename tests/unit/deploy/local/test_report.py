import copy
from datetime import UTC, datetime
from typing import cast

import pytest

from deploy.local.report import report_lines
from outscope.representation.check import Check
from outscope.representation.outcome import Outcome
from outscope.representation.path import Path
from outscope.representation.port import Port
from outscope.representation.tls import Tls

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OK: Outcome = {"code": "ok", "owner": None, "duration_ms": 1}

TLS: Tls = {
    "valid": True,
    "expires_at": "2027-01-01T00:00:00Z",
    "flags": [],
    "verify_message": None,
    "version": "TLSv1.3",
    "cipher": "TLS_AES_128_GCM_SHA256",
    "alpn": None,
    "issuer": "CN=Authority",
    "subject": "CN=shop.example",
    "names": ["shop.example"],
    "chain": [],
    "key_exchange": None,
    "days_left": None,
    "ocsp_status": "good",
    "client_certificate_requested": False,
    "versions": [],
    "outcome": OK,
}
PORT: Port = {
    "port": 443,
    "tcp_open": True,
    "tls": TLS,
    "state": "open",
    "address": "192.0.2.1",
    "speaks_http": True,
    "tcp_outcome": OK,
    "tls_outcome": OK,
    "http_outcome": OK,
    "probe": None,
    "attempts": 1,
    "addresses": [],
    "addresses_left_out": 0,
    "banner": None,
    "banner_encoding": None,
    "service": "https",
}
PATH: Path = {
    "redirects": [],
    "other_addresses": [],
    "path": "/",
    "status_code": 200,
    "content_type": "text/html; charset=utf-8",
    "url": "https://shop.example/",
    "reason": "OK",
    "http_version": "1.1",
    "title": "The Shop",
    "server": None,
    "location": None,
    "headers": [],
    "body_bytes": 10,
    "truncated": False,
    "body_sha256": None,
    "address": None,
    "timing": None,
    "outcome": OK,
    "sample": None,
}
CHECK: Check = {
    "id": "chk_1",
    "fqdn": "shop.example",
    "status": "completed",
    "analysis": {
        "reachable": True,
        "speaks_http": True,
        "analyzable": True,
        "analyzability": "analyzable",
        "confidence": "high",
        "kind": "website",
        "kind_confidence": "high",
        "kind_runner_up": None,
        "layers": [],
        "auth_detected": True,
        "api_doc_detected": False,
        "authentication": None,
        "documents": [],
        "reasons": [
            {
                "code": "login_form",
                "category": "Content",
                "message": "/login asks for a password",
                "evidence": [],
            }
        ],
        "rules_version": "1",
    },
    "dns": {
        "a_records": ["192.0.2.1"],
        "aaaa_records": ["2001:db8::1"],
        "cname_chain": ["edge.example"],
        "ttl_s": 30,
        "resolver": None,
        "authenticated": False,
        "outcome": OK,
        "a_outcome": OK,
        "aaaa_outcome": OK,
        "records": [],
    },
    "ports": [PORT],
    "paths": [PATH],
    "control": None,
    "discovered": [],
    "failure": None,
    "created_at": "2026-11-23T12:00:00Z",
    "completed_at": "2026-11-23T12:00:01Z",
    "rejudged_at": None,
    "vantage_point": "eu-west-1",
    "request": {
        "ports": [443],
        "paths": ["/"],
        "include_content_sample": False,
        "content_retention_days": None,
        "dns_records": False,
        "tls_versions": False,
        "max_redirects": 0,
        "all_addresses": False,
        "http2": False,
        "discovery": "off",
        "vantage_points": [],
        "quorum": None,
    },
    "observer": None,
    "vantages": [],
    "agreement": None,
}


def changed(**parts: object) -> Check:
    return cast("Check", {**copy.deepcopy(CHECK), **parts})


def text_of(check: Check) -> str:
    return "\n".join(report_lines(check, NOW))


def with_analysis(**parts: object) -> Check:
    return changed(analysis={**(CHECK["analysis"] or {}), **parts})


def test_a_whole_report_reads_from_verdict_to_facts() -> None:
    assert report_lines(CHECK, NOW) == [
        "shop.example seen from eu-west-1",
        "",
        "  Analyzable (kind: website, asks for authentication)",
        "  - /login asks for a password",
        "",
        "  dns    alias of edge.example",
        "         192.0.2.1, 2001:db8::1",
        (
            "  ports  443   open        TLSv1.3, certificate valid, "
            "38 days left (until 2027-01-01); speaks HTTP"
        ),
        "  paths  200 /  text/html  “The Shop”",
    ]


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ({"reachable": False, "speaks_http": False}, "Not reachable"),
        ({"speaks_http": False}, "nothing there speaks HTTP"),
        ({"analyzability": "not_analyzable"}, "but not analyzable"),
        ({"analyzability": "unknown"}, "does not tell whether it is analyzable"),
        ({"kind_runner_up": "api", "kind_confidence": "low"}, "kind: website, or api"),
        ({"kind_runner_up": "api", "kind_confidence": "high"}, "kind: website, asks"),
        ({"api_doc_detected": True}, "exposes API documentation"),
    ],
)
def test_the_verdict_says_what_stands_in_the_way(parts: dict[str, object], verdict: str) -> None:
    assert verdict in report_lines(with_analysis(**parts), NOW)[2]


def test_who_stands_in_front_is_told_after_the_reasons() -> None:
    layers = [
        {"vendor": "Cloudflare", "role": "waf", "action": "challenge", "evidence": []},
        {"vendor": "Cloudflare", "role": "cdn", "action": "present", "evidence": []},
    ]
    assert report_lines(with_analysis(layers=layers), NOW)[4:6] == [
        "  front  Cloudflare (waf): challenge",
        "         Cloudflare (cdn): present",
    ]


def test_a_failed_check_says_why_and_who_can_act_and_gives_no_verdict() -> None:
    failure = {"reason": "target_refused", "owner": "policy", "message": "127.0.0.1 is loopback"}
    lines = report_lines(changed(analysis=None, dns=None, ports=[], paths=[], failure=failure), NOW)
    assert lines[2:] == [
        "  The check could not be carried out (target_refused; to act: policy)",
        "  127.0.0.1 is loopback",
    ]


@pytest.mark.parametrize(
    ("expires_at", "said"),
    [
        ("2026-11-24T12:00:00Z", "1 day left"),
        ("2026-11-23T13:00:00Z", "0 days left"),
        ("2026-11-23T12:00:00Z", "expired on 2026-11-23"),
        ("2020-01-01T00:00:00Z", "expired on 2020-01-01"),
    ],
)
def test_the_days_a_certificate_has_left_are_told(expires_at: str, said: str) -> None:
    port = {**PORT, "tls": {**TLS, "expires_at": expires_at}}
    assert said in text_of(changed(ports=[port]))


def test_an_invalid_certificate_says_what_is_wrong_with_it() -> None:
    tls = {**TLS, "valid": False, "flags": ["self_signed", "name_mismatch"], "expires_at": None}
    text = text_of(changed(ports=[{**PORT, "tls": tls}]))
    assert "certificate INVALID: self_signed, name_mismatch" in text
    assert "left" not in text


def test_a_closed_port_says_how_it_is_closed_and_no_more() -> None:
    closed = {**PORT, "state": "filtered", "tcp_open": False, "tls": None, "speaks_http": False}
    assert "  ports  443   filtered" in report_lines(changed(ports=[closed]), NOW)


def test_an_open_port_without_tls_or_http_is_told_apart() -> None:
    plain = {**PORT, "port": 22, "tls": None, "speaks_http": False}
    assert "22    open        does not speak HTTP" in text_of(changed(ports=[plain]))


def test_a_name_without_address_shows_the_outcome() -> None:
    outcome = {**OK, "code": "dns_nxdomain"}
    dns = {**(CHECK["dns"] or {}), "a_records": [], "aaaa_records": [], "outcome": outcome}
    analysis = {**(CHECK["analysis"] or {}), "reachable": False, "speaks_http": False}
    text = text_of(changed(dns=dns, analysis=analysis))
    assert "no address (dns_nxdomain)" in text
    assert "Not reachable: the name has no address" in text


def test_a_path_without_answer_shows_the_outcome_and_a_redirect_where_it_leads() -> None:
    silent = {**PATH, "status_code": None, "outcome": {**OK, "code": "http_timeout"}}
    moved = {**PATH, "path": "/a", "status_code": 301, "location": "https://b.example/"}
    text = text_of(changed(paths=[silent, moved]))
    assert "http_timeout /" in text
    assert "301 /a" in text
    assert "-> https://b.example/" in text


def test_paths_that_could_not_be_requested_are_told_in_one_line() -> None:
    unasked = {**PATH, "status_code": None, "outcome": {**OK, "code": "http_no_endpoint"}}
    text = text_of(changed(paths=[unasked, {**unasked, "path": "/docs"}]))
    assert "paths  not requested: no port speaks HTTP" in text
    assert "/docs" not in text


def test_a_long_title_is_cut() -> None:
    line = report_lines(changed(paths=[{**PATH, "title": "x" * 200}]), NOW)[-1]
    assert line.endswith("x…”")
    assert len(line) < 100


def test_what_a_target_sends_cannot_drive_the_terminal() -> None:
    evil = "\x1b[2J\x9b31m\r\n\u202etxt"
    check = changed(paths=[{**PATH, "title": evil, "content_type": evil, "location": evil}])
    text = "\n".join(report_lines(check, NOW, colour=False))
    assert not set("\x1b\x9b\r\u202e") & set(text)


def test_colour_marks_the_verdict_only_when_asked() -> None:
    assert "\x1b[32m" in "\n".join(report_lines(CHECK, NOW, colour=True))
    bad = "\n".join(report_lines(with_analysis(analyzability="not_analyzable"), NOW, colour=True))
    assert "\x1b[31m" in bad
    open_ = "\n".join(report_lines(with_analysis(analyzability="unknown"), NOW, colour=True))
    assert "\x1b[33m" in open_
    assert "\x1b" not in text_of(CHECK)


def test_what_was_found_beyond_the_paths_is_told_below_them() -> None:
    control: Path = {**PATH, "path": "/k3v9", "title": None, "body_sha256": "c0"}
    document: Path = {**PATH, "path": "/openapi.json", "title": None, "body_sha256": "d0"}
    missing: Path = {**document, "status_code": 404}
    unanswered: Path = {**document, "status_code": None}
    found = [control, missing, document, {**document, "path": "/docs"}, unanswered]
    assert report_lines(changed(control=control, discovered=found), NOW)[-3:] == [
        "  random 200 /k3v9  text/html",
        "  beyond 200 /openapi.json  text/html",
        "         200 /docs  text/html",
    ]
    assert not [line for line in report_lines(CHECK, NOW) if "beyond" in line or "random" in line]
