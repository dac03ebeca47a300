from outscope.v1 import check_pb2, facts_pb2, verdict_pb2
from services.scheduler.domain.check import Owner
from services.scheduler.domain.sighting import PathSighting, PortSighting, Sighting, Stage
from services.scheduler.translate.sighting import sighting_in

OK = facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK)
RESULT = check_pb2.CheckResult(
    analysis=verdict_pb2.Analysis(
        reachable=True,
        speaks_http=True,
        analyzable=True,
        analyzability="analyzable",
        kind="website",
        reasons=[verdict_pb2.Reason(code="content_served"), verdict_pb2.Reason(code="cdn")],
    ),
    dns=facts_pb2.DnsFacts(outcome=OK, a_records=["192.0.2.1"], aaaa_records=["2001:db8::1"]),
    ports=[
        facts_pb2.PortFacts(
            port=443,
            tcp_outcome=OK,
            tls=facts_pb2.TlsFacts(
                valid=True,
                chain=[
                    facts_pb2.Certificate(subject="CN=a", issuer="CN=b", fingerprint_sha256="aa"),
                    facts_pb2.Certificate(subject="CN=b"),
                ],
            ),
        ),
        facts_pb2.PortFacts(
            port=80,
            tcp_outcome=facts_pb2.Outcome(
                code=facts_pb2.OUTCOME_CODE_TCP_TIMEOUT, owner=facts_pb2.OWNER_NETWORK
            ),
        ),
    ],
    paths=[
        facts_pb2.PathFacts(
            path="/",
            outcome=OK,
            status_code=200,
            content_type="Text/HTML; charset=utf-8",
            title="Site",
            location="/x",
            body_sha256="01",
        ),
        facts_pb2.PathFacts(
            path="/late",
            outcome=facts_pb2.Outcome(
                code=facts_pb2.OUTCOME_CODE_HTTP_NOT_ASKED, owner=facts_pb2.OWNER_OURS
            ),
        ),
    ],
)


def test_a_result_is_seen_with_everything_that_is_compared() -> None:
    ok = Stage(code="ok")
    assert sighting_in("eu-west-1", RESULT) == Sighting(
        vantage_point="eu-west-1",
        reachable=True,
        speaks_http=True,
        analyzability="analyzable",
        kind="website",
        reasons=("content_served", "cdn"),
        dns=ok,
        addresses=frozenset({"192.0.2.1", "2001:db8::1"}),
        ports=(
            PortSighting(
                port=443,
                stage=ok,
                certificate_valid=True,
                certificate_subject="CN=a",
                certificate_issuer="CN=b",
                certificate_sha256="aa",
            ),
            PortSighting(port=80, stage=Stage(code="tcp_timeout", owner=Owner.NETWORK)),
        ),
        paths=(
            PathSighting(
                path="/",
                stage=ok,
                status=200,
                media_type="text/html",
                title="Site",
                location="/x",
                body_sha256="01",
            ),
            PathSighting(path="/late", stage=Stage(code="http_not_asked", owner=Owner.OURS)),
        ),
    )


def test_a_verdict_of_rules_that_knew_no_third_answer_leaves_open_what_it_denies() -> None:
    denied = check_pb2.CheckResult(analysis=verdict_pb2.Analysis(analyzable=False))
    claimed = check_pb2.CheckResult(analysis=verdict_pb2.Analysis(analyzable=True))
    assert sighting_in("a", denied).analyzability == "unknown"
    assert sighting_in("a", claimed).analyzability == "analyzable"
