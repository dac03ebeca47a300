import base64

from services.prober.facts import OutcomeCode, TcpState, TlsFlag
from tests.corpus.facts import host_facts

NAME = {"fqdn": "shop.example.com"}


def test_what_is_left_out_is_a_plain_https_host() -> None:
    facts = host_facts({**NAME, "paths": [{"status": 200}]})
    (port,) = facts.ports
    assert (facts.fqdn, facts.dns.outcome.ok, facts.deadline_hit) == (NAME["fqdn"], True, False)
    assert (port.port, port.state, port.speaks_http) == (443, TcpState.OPEN, True)
    assert port.tls is not None
    assert port.tls.valid
    (path,) = facts.paths
    assert (path.path, path.url, path.status) == ("/", "https://shop.example.com/", 200)
    assert (path.body, path.title, path.content_type, path.outcome.ok) == (b"", "", None, True)


def test_what_the_observer_reads_of_an_answer_is_read_as_it_does() -> None:
    headers = [
        ["Content-Type", "text/html; charset=ISO-8859-1"],
        ["Server", "nginx"],
        ["Location", "/a"],
    ]
    body = base64.b64encode("<title>Caf\u00e9 &amp; bar</title>".encode("latin-1")).decode()
    written = {"status": 302, "reason": "Found", "headers": headers, "body_base64": body}
    (path,) = host_facts({**NAME, "paths": [written]}).paths
    assert (path.title, path.charset, path.server, path.location, path.reason) == (
        "Caf\u00e9 & bar",
        "iso-8859-1",
        "nginx",
        "/a",
        "Found",
    )
    assert path.header("content-type") == "text/html; charset=ISO-8859-1"
    assert path.body_bytes == len(path.body) == len("<title>Caf\u00e9 &amp; bar</title>")


def test_a_body_may_be_written_line_by_line() -> None:
    (path,) = host_facts({**NAME, "paths": [{"status": 200, "body": ["a", "b"]}]}).paths
    assert path.body == b"a\nb"


def test_paths_are_requested_from_the_encrypted_port_first() -> None:
    clear, other = {"port": 80}, {"port": 8443, "tls": {"flags": ["expired"]}}
    for ports, base in (
        ([clear, other], "https://shop.example.com:8443"),
        ([clear], "http://shop.example.com"),
        ([], "https://shop.example.com"),
    ):
        facts = host_facts({**NAME, "ports": ports, "paths": [{"path": "/a", "status": 200}]})
        assert facts.paths[0].url == f"{base}/a"


def test_a_port_has_what_was_seen_of_it() -> None:
    shut = {"port": 22, "state": "refused", "tcp_outcome": "tcp_refused"}
    odd = {"port": 25, "http_outcome": "http_not_http", "banner": "220 x", "service": "smtp"}
    bad = {"port": 443, "tls": {"flags": ["expired"]}, "probe": {"status": 404}}
    alert = {"port": 8443, "tls_outcome": "tls_alert", "http_outcome": "http_not_http"}
    facts = host_facts({**NAME, "ports": [shut, odd, bad, alert], "paths": [{"status": 200}]})
    first, second, third, fourth = facts.ports
    assert first.tcp_outcome.code is OutcomeCode.TCP_REFUSED
    assert (first.tls_outcome, first.http_outcome, first.speaks_http) == (None, None, False)
    assert (second.banner, second.service, second.speaks_http) == (b"220 x", "smtp", False)
    assert second.tls_outcome is not None
    assert second.tls_outcome.code is OutcomeCode.TLS_NOT_TLS
    assert third.tls is not None
    assert (third.tls.valid, third.tls.flags) == (False, (TlsFlag.EXPIRED,))
    assert third.probe is not None
    assert (third.probe.status, third.probe.url) == (404, "https://shop.example.com/")
    assert fourth.tls_outcome is not None
    assert fourth.tls_outcome.code is OutcomeCode.TLS_ALERT


def test_a_name_that_is_not_there_has_no_address() -> None:
    facts = host_facts(
        {
            **NAME,
            "dns": {"outcome": "dns_nxdomain"},
            "ports": [],
            "paths": [{"outcome": "http_no_endpoint"}],
        }
    )
    assert facts.dns.outcome.code is OutcomeCode.DNS_NXDOMAIN
    assert facts.dns.a_records == ()
    assert facts.paths[0].status is None
    assert facts.paths[0].outcome.code is OutcomeCode.HTTP_NO_ENDPOINT


def test_redirects_and_other_addresses_are_answers_too() -> None:
    step = {"answer": {"url": "https://b.example.com/", "status": 200}, "cross_host": True}
    written = {
        "status": 302,
        "redirects": [step],
        "other_addresses": [{"address": "192.0.2.2", "status": 403}],
    }
    (path,) = host_facts({**NAME, "paths": [written]}).paths
    assert [(one.answer.url, one.cross_host) for one in path.redirects] == [
        ("https://b.example.com/", True)
    ]
    assert [(one.address, one.status) for one in path.other_addresses] == [("192.0.2.2", 403)]


def test_what_discovery_requested_is_answers_too() -> None:
    written = {"control": {"path": "/x1", "status": 404}, "discovered": [{"status": 200}]}
    facts = host_facts({**NAME, **written, "paths": [{"status": 200}], "max_redirects": 2})
    assert facts.control is not None
    assert (facts.control.url, facts.control.status) == ("https://shop.example.com/x1", 404)
    assert [each.status for each in facts.discovered] == [200]
    assert facts.spec.max_redirects == 2
    plain = host_facts({**NAME, "paths": [{"status": 200}]})
    assert (plain.control, plain.discovered, plain.spec.max_redirects) == (None, (), 0)


def test_what_is_written_of_an_answer_is_not_read_from_it() -> None:
    written = {
        "status": 200,
        "headers": [["Server", "nginx"], ["Content-Type", "text/plain"], ["Location", "/a"]],
        "title": "T",
        "server": "s",
        "location": "/b",
        "content_type": "text/html",
        "body_sha256": "00",
        "url": "",
    }
    (path,) = host_facts({**NAME, "paths": [written]}).paths
    assert (path.title, path.server, path.location, path.content_type) == (
        *("T", "s", "/b", "text/html"),
    )
    assert (path.body_sha256, path.url) == ("00", "")


def test_a_hop_has_its_handshake_and_what_forbids_it() -> None:
    versions = [{"version": "TLSv1", "accepted": False, "outcome": "http_not_asked"}]
    bad = {"valid": False, "verify_message": "no", "versions": versions}
    step = {"answer": {"outcome": "policy_refused"}, "cross_host": True, "denial": "loopback"}
    redirects = [{**step, "tls": bad}, step]
    (path,) = host_facts({**NAME, "paths": [{"status": 302, "redirects": redirects}]}).paths
    first, second = path.redirects
    assert first.tls is not None
    assert (first.tls.valid, first.tls.flags, first.tls.verify_message) == (False, (), "no")
    assert [each.outcome.code for each in first.tls.versions] == [OutcomeCode.HTTP_NOT_ASKED]
    assert (second.tls, second.denial) == (None, "loopback")


def test_of_an_open_port_it_may_be_unknown_what_it_speaks() -> None:
    written = {"port": 443, "tls_outcome": None, "http_outcome": None}
    facts = host_facts({**NAME, "ports": [written], "paths": [{"status": 200}]})
    (port,) = facts.ports
    assert (port.tls_outcome, port.http_outcome, port.speaks_http) == (None, None, False)
    spoken = {**written, "speaks_http": True}
    facts = host_facts({**NAME, "ports": [spoken], "paths": [{"status": 200}]})
    assert facts.ports[0].speaks_http
