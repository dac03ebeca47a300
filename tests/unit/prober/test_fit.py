from dataclasses import replace

from outscope.v1 import check_pb2, facts_pb2, messages_pb2, verdict_pb2
from services.prober.facts import (
    AddressFacts,
    Certificate,
    CheckSpec,
    DnsFacts,
    DnsRecords,
    HostFacts,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    Redirect,
    TcpState,
    TlsFacts,
)
from services.prober.fit import fit
from services.prober.judge.decide import verdict_for
from services.prober.report import result_report
from tests.unit.prober.reporting import JOB, OBSERVER

# What NATS takes in one message unless it is told otherwise.
USUAL_BYTES = 1024 * 1024
OK = Outcome(code=OutcomeCode.OK)


def large_report() -> messages_pb2.ProbeReport:
    report = messages_pb2.ProbeReport(probe_id="prb_1", check_id="chk_1", attempt=1)
    report.result.analysis.kind = "api"
    header = facts_pb2.Header(name="server", value="x" * 1000)
    certificate = facts_pb2.Certificate(subject="CN=a", names=["name.test" * 20] * 200)
    for number in range(20):
        path = f"/{number}"
        report.samples.append(
            facts_pb2.ContentSample(path=path, body=bytes([number]) * 65536, headers=[header] * 20)
        )
        report.result.paths.append(
            facts_pb2.PathFacts(path=path, status_code=200, headers=[header] * 20)
        )
        tls = facts_pb2.TlsFacts(chain=[certificate] * 5)
        probe = facts_pb2.PathFacts(path=path, status_code=200, headers=[header] * 20)
        report.result.ports.append(facts_pb2.PortFacts(port=number + 1, tls=tls, probe=probe))
    return report


def test_a_report_that_fits_stays_as_it_is() -> None:
    report = large_report()
    before = report.SerializeToString()
    fit(report, len(before))
    assert report.SerializeToString() == before


def test_what_was_kept_to_judge_again_goes_before_anything_that_is_shown() -> None:
    report = large_report()
    shown = report.SerializeToString()
    report.kept = b"x" * 100
    fit(report, len(shown) + 103)
    assert len(report.kept) == 100
    fit(report, len(shown) + 101)
    assert report.SerializeToString() == shown


def test_bodies_are_cut_first_evenly_and_say_so() -> None:
    report = large_report()
    result = check_pb2.CheckResult.FromString(report.result.SerializeToString())
    limit = report.ByteSize() - 300_000
    fit(report, limit)
    assert report.ByteSize() <= limit
    assert report.result == result
    assert [len(sample.body) for sample in report.samples] == [32768] * 20
    assert all(sample.truncated for sample in report.samples)
    assert all(sample.headers for sample in report.samples)


def test_a_short_body_is_not_cut_for_a_long_one() -> None:
    report = messages_pb2.ProbeReport()
    report.samples.add(body=b"x" * 60_000)
    report.samples.add(body=b"y" * 2_000)
    fit(report, 40_000)
    assert [len(sample.body) for sample in report.samples] == [30_000, 2_000]
    assert [sample.truncated for sample in report.samples] == [True, False]


def test_the_verdict_and_every_port_and_path_survive_the_worst() -> None:
    report = large_report()
    fit(report, 200_000)
    assert report.ByteSize() <= 200_000
    assert report.result.analysis.kind == "api"
    assert [path.status_code for path in report.result.paths] == [200] * 20
    assert [port.probe.status_code for port in report.result.ports] == [200] * 20
    assert [port.tls.chain[0].subject for port in report.result.ports] == ["CN=a"] * 20


def test_of_dns_records_every_kind_survives_with_a_few_values() -> None:
    report = messages_pb2.ProbeReport()
    for kind in ("caa", "mx"):
        report.result.dns.records.add(kind=kind, values=["x" * 1024] * 32)
    fit(report, 10_000)
    assert report.ByteSize() <= 10_000
    assert [(each.kind, len(each.values)) for each in report.result.dns.records] == [
        ("caa", 4),
        ("mx", 4),
    ]


def test_what_redirects_and_other_addresses_answered_is_cut_before_what_was_asked() -> None:
    report = large_report()
    report.ClearField("samples")
    header = facts_pb2.Header(name="server", value="x" * 1000)
    further = facts_pb2.PathFacts(
        path="/" + "x" * 2000, url="x" * 2000, location="x" * 2000, headers=[header] * 20
    )
    names = ["name.test" * 20] * 200
    tls = facts_pb2.TlsFacts(valid=True, chain=[facts_pb2.Certificate(names=names)])
    for path in report.result.paths:
        path.redirects.extend([facts_pb2.Redirect(answer=further, tls=tls)] * 5)
        path.other_addresses.extend([further] * 7)
    before = report.ByteSize()
    fit(report, before - 1)
    assert not report.result.paths[0].redirects[0].answer.headers
    assert not report.result.paths[0].other_addresses[0].headers
    assert len(report.result.paths[0].headers) == 20
    fit(report, 400_000)
    assert report.ByteSize() <= 400_000
    assert [len(path.redirects) for path in report.result.paths] == [5] * 20
    assert all(hop.tls.valid for path in report.result.paths for hop in path.redirects)
    assert [len(path.other_addresses) for path in report.result.paths] == [7] * 20


def test_of_what_is_told_beside_the_reasons_the_first_of_each_survives() -> None:
    report = messages_pb2.ProbeReport()
    analysis = report.result.analysis
    evidence = [verdict_pb2.Evidence(rule="r", field="f", value="é" * 256)] * 4
    for number in range(20):
        analysis.authentication.paths.add(path=f"/{number}", state="open", evidence=evidence)
        analysis.documents.add(
            type="openapi",
            url=f"https://site.test/{number}",
            servers=["x" * 512] * 8,
            security_schemes=["y" * 128] * 16,
            evidence=evidence,
        )
    assert fit(report, 100_000)
    assert [len(path.evidence) for path in analysis.authentication.paths] == [1] * 20
    assert [path.path for path in analysis.authentication.paths] == [f"/{n}" for n in range(20)]
    for document in analysis.documents:
        assert (len(document.servers), len(document.security_schemes)) == (4, 4)
        assert len(document.evidence) == 1


CERTIFICATE = Certificate(
    subject="é" * 1024,
    issuer="é" * 1024,
    names=("é" * 1024,) * 200,
    fingerprint_sha256="f" * 64,
)
NAME = DnsFacts(
    outcome=OK,
    a_records=("203.0.113.200",) * 4000,
    aaaa_records=("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff",) * 2300,
    a_outcome=OK,
    aaaa_outcome=OK,
    records=tuple(
        DnsRecords(kind=kind, name="site.test", outcome=OK, values=("x" * 1024,) * 32)
        for kind in ("caa", "mx", "ns", "spf", "dmarc")
    ),
)


def long_answer(path: str) -> PathFacts:
    """Return an answer whose every text is as long as a server may make it."""
    headers = tuple((name, "é" * 8000) for name in ("server", "link", "location"))
    return PathFacts(
        path=path,
        outcome=OK,
        url=f"https://site.test{path}",
        status=302,
        reason="é" * 4000,
        headers=headers,
        content_type="é" * 8000,
        title="\U0001f600" * 256,
        server="é" * 8000,
        location="é" * 8000,
        body_sha256="f" * 64,
        http_version="1.1",
        address="2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff",
    )


def the_most_there_can_be() -> HostFacts:
    """Return a check with everything asked for, of a server that sends as much as it may."""
    asked = [f"/{number}" + "x" * 2040 for number in range(20)]
    hop = Redirect(answer=long_answer("/" + "y" * 2040), cross_host=True)
    paths = tuple(
        replace(long_answer(path), redirects=(hop,) * 5, other_addresses=(long_answer(path),) * 7)
        for path in asked
    )
    ports = tuple(
        PortFacts(
            port=1000 + number,
            state=TcpState.OPEN,
            tcp_outcome=OK,
            tls=TlsFacts(outcome=OK, chain=(CERTIFICATE,) * 10),
            tls_outcome=OK,
            speaks_http=True,
            http_outcome=OK,
            probe=long_answer(asked[0]),
            addresses=(AddressFacts(address="2001:db8::1", state=TcpState.OPEN, outcome=OK),) * 8,
        )
        for number in range(20)
    )
    spec = CheckSpec(fqdn="site.test", paths=tuple(asked), include_content_sample=True)
    return HostFacts(
        spec=spec,
        dns=NAME,
        ports=ports,
        paths=paths,
        control=long_answer("/" + "z" * 20),
        discovered=(long_answer("/" + "y" * 2040),) * 24,
    )


def test_the_most_there_can_be_fits_a_usual_message_and_says_that_it_was_shortened() -> None:
    facts = the_most_there_can_be()
    verdict = verdict_for(facts)
    report = result_report(JOB, facts, verdict, OBSERVER)
    assert report.ByteSize() > 2 * USUAL_BYTES
    assert fit(report, USUAL_BYTES - 4096)
    assert report.ByteSize() <= USUAL_BYTES - 4096
    assert report.result.observer.report_shortened
    assert report.result.analysis.kind == verdict.kind
    assert [path.path for path in report.result.paths] == list(facts.spec.paths)
    assert [path.status_code for path in report.result.paths] == [302] * 20
    assert [len(port.tls.chain) for port in report.result.ports] == [1] * 20


def test_a_report_that_fits_does_not_say_that_it_was_shortened() -> None:
    report = large_report()
    assert fit(report, report.ByteSize())
    assert not report.result.observer.report_shortened


def test_what_does_not_fit_however_it_is_cut_is_told() -> None:
    report = large_report()
    assert not fit(report, 100)


def test_a_failure_stays_a_failure_whatever_its_size() -> None:
    report = messages_pb2.ProbeReport(failure=check_pb2.Failure(message="x" * 1000))
    assert not fit(report, 100)
    assert report.WhichOneof("outcome") == "failure"


def test_what_was_asked_beyond_the_paths_is_cut_before_what_was_asked() -> None:
    report = large_report()
    report.ClearField("samples")
    header = facts_pb2.Header(name="server", value="x" * 1000)
    beyond = facts_pb2.PathFacts(path="/d", status_code=200, headers=[header] * 20)
    report.result.control.CopyFrom(beyond)
    report.result.discovered.extend([beyond] * 24)
    size = report.ByteSize() - 450_000
    fit(report, size)
    assert report.ByteSize() <= size
    assert not report.result.control.headers
    assert not any(path.headers for path in report.result.discovered)
    assert all(path.headers for path in report.result.paths)
    assert [path.status_code for path in report.result.discovered] == [200] * 24
