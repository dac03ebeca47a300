"""What a prober wrote down, as far as vantage points are compared by it."""

from outscope.representation.codes import outcome_code
from outscope.v1 import check_pb2, facts_pb2, verdict_pb2
from services.scheduler.domain.sighting import PathSighting, PortSighting, Sighting, Stage
from services.scheduler.translate.check import OWNERS_TOLD


def sighting_in(vantage_point: str, result: check_pb2.CheckResult) -> Sighting:
    """Return what a vantage point saw by its result."""
    analysis, dns = result.analysis, result.dns
    return Sighting(
        vantage_point=vantage_point,
        reachable=analysis.reachable,
        speaks_http=analysis.speaks_http,
        analyzability=analysis.analyzability or _by_claim(analysis),
        kind=analysis.kind,
        reasons=tuple(reason.code for reason in analysis.reasons),
        dns=_stage(dns.outcome),
        addresses=frozenset((*dns.a_records, *dns.aaaa_records)),
        ports=tuple(_port(port) for port in result.ports),
        paths=tuple(_path(path) for path in result.paths),
    )


def _by_claim(analysis: verdict_pb2.Analysis) -> str:
    """Return what verdicts of rules that knew no third answer say."""
    return "analyzable" if analysis.analyzable else "unknown"


def _stage(outcome: facts_pb2.Outcome) -> Stage:
    return Stage(code=outcome_code(outcome.code), owner=OWNERS_TOLD.get(outcome.owner))


def _port(port: facts_pb2.PortFacts) -> PortSighting:
    chain = port.tls.chain
    leaf = chain[0] if chain else facts_pb2.Certificate()
    return PortSighting(
        port=port.port,
        stage=_stage(port.tcp_outcome),
        certificate_valid=port.tls.valid if port.HasField("tls") and chain else None,
        certificate_subject=leaf.subject,
        certificate_issuer=leaf.issuer,
        certificate_sha256=leaf.fingerprint_sha256,
    )


def _path(path: facts_pb2.PathFacts) -> PathSighting:
    return PathSighting(
        path=path.path,
        stage=_stage(path.outcome),
        status=path.status_code if path.HasField("status_code") else None,
        media_type=path.content_type.partition(";")[0].strip().lower(),
        title=path.title,
        location=path.location,
        body_sha256=path.body_sha256,
    )
