from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from services.prober.fit import fit


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
    for path in report.result.paths:
        path.redirects.extend([facts_pb2.Redirect(answer=further)] * 5)
        path.other_addresses.extend([further] * 7)
    before = report.ByteSize()
    fit(report, before - 1)
    assert not report.result.paths[0].redirects[0].answer.headers
    assert not report.result.paths[0].other_addresses[0].headers
    assert len(report.result.paths[0].headers) == 20
    fit(report, 400_000)
    assert report.ByteSize() <= 400_000
    assert [len(path.redirects) for path in report.result.paths] == [5] * 20
    assert [len(path.other_addresses) for path in report.result.paths] == [7] * 20
