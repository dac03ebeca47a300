from datetime import UTC, datetime

from outscope.v1 import facts_pb2, progress_pb2
from services.prober.facts import (
    Certificate,
    CheckSpec,
    DnsFacts,
    HostFacts,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    TcpState,
    TlsFacts,
)
from services.prober.judge.decide import verdict_for
from services.prober.report_progress import Begun, stages_of
from services.prober.report_verdict import analysis_message

OK = Outcome(code=OutcomeCode.OK)
DNS = DnsFacts(outcome=OK, a_outcome=OK, aaaa_outcome=OK, a_records=("192.0.2.1",))
PATH = PathFacts(
    path="/",
    outcome=OK,
    status=200,
    headers=(("set-cookie", "sid=secret"), ("server", "x")),
    body=b"secret page",
    location="https://user:secret@a.test/",
)
CHAIN = tuple(Certificate(fingerprint_sha256=letter) for letter in "abc")
PORT = PortFacts(
    port=443,
    state=TcpState.OPEN,
    tcp_outcome=OK,
    tls=TlsFacts(outcome=OK, valid=True, version="TLSv1.3", chain=CHAIN),
    tls_outcome=OK,
    speaks_http=True,
    http_outcome=OK,
    probe=PATH,
)


def test_who_began_is_told() -> None:
    begun = Begun(
        vantage_point="eu-west-1",
        prober_id="prober-1",
        started_at=datetime(2026, 4, 21, 10, tzinfo=UTC),
        attempt=2,
    )
    (stage,) = stages_of(begun)
    assert stage.started.attempt == 2
    assert stage.started.vantage_point == "eu-west-1"
    assert stage.started.started_at.ToDatetime(UTC) == begun.started_at


def test_addresses_are_told() -> None:
    (stage,) = stages_of(DNS)
    assert list(stage.dns.a_records) == ["192.0.2.1"]


def test_a_port_and_its_tls_are_two_stages() -> None:
    port, tls = stages_of(PORT)
    assert (port.port.port, port.port.state) == (443, facts_pb2.TCP_STATE_OPEN)
    assert port.port.speaks_http
    assert not port.port.HasField("tls")
    assert not port.port.HasField("probe")
    assert (tls.tls.port, tls.tls.tls.version, tls.tls.tls.valid) == (443, "TLSv1.3", True)
    assert [each.fingerprint_sha256 for each in tls.tls.tls.chain] == ["a"]


def test_a_port_without_tls_is_one_stage() -> None:
    (only,) = stages_of(PortFacts(port=80, state=TcpState.REFUSED, tcp_outcome=OK))
    assert only.port.state == facts_pb2.TCP_STATE_REFUSED


def test_a_path_is_told_without_headers_and_credentials() -> None:
    (stage,) = stages_of(PATH)
    assert (stage.path.path, stage.path.status_code) == ("/", 200)
    assert not stage.path.headers
    assert b"secret" not in stage.SerializeToString()


def test_the_verdict_is_told_as_it_will_be_reported() -> None:
    facts = HostFacts(spec=CheckSpec(fqdn="a.test"), dns=DNS, ports=(PORT,), paths=(PATH,))
    verdict = verdict_for(facts)
    assert list(stages_of(verdict)) == [progress_pb2.Stage(judged=analysis_message(verdict))]
