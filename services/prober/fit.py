"""Makes a report small enough to travel: what can be done without goes first, the verdict never.

Law: every report fits the smallest message that NATS is usually set to take, 1 MiB.
"""

from collections.abc import Callable, Iterator
from typing import Final

from outscope.v1 import facts_pb2, messages_pb2

_LEAST_BODY_BYTES: Final = 1024
_FEW_NAMES: Final = 20
_FEW_VALUES: Final = 4
_FEW_CHARS: Final = 256
_FEW_ADDRESSES: Final = 64


def fit(report: messages_pb2.ProbeReport, max_bytes: int) -> bool:
    """Cut a report, in place, until it is at most max_bytes long; tell whether it is."""
    if report.ByteSize() > max_bytes:
        report.ClearField("kept")
    while report.ByteSize() > max_bytes and _halve_bodies(report):
        pass
    for cut in _CUTS if report.HasField("result") else ():
        if report.ByteSize() <= max_bytes:
            return True
        cut(report)
        report.result.observer.report_shortened = True
    return report.ByteSize() <= max_bytes


def _halve_bodies(report: messages_pb2.ProbeReport) -> bool:
    """Halve the longest sample bodies; tell whether there was anything left to halve."""
    longest = max((len(sample.body) for sample in report.samples), default=0)
    if longest <= _LEAST_BODY_BYTES:
        return False
    for sample in report.samples:
        if len(sample.body) > longest // 2:
            sample.body = sample.body[: longest // 2]
            sample.truncated = True
    return True


def _drop_samples(report: messages_pb2.ProbeReport) -> None:
    report.ClearField("samples")


def _further_answers(report: messages_pb2.ProbeReport) -> Iterator[facts_pb2.PathFacts]:
    """Return what redirects, other addresses and discovery brought."""
    if report.result.HasField("control"):
        yield report.result.control
    yield from report.result.discovered
    for path in report.result.paths:
        yield from (redirect.answer for redirect in path.redirects)
        yield from path.other_addresses


def _drop_further_headers(report: messages_pb2.ProbeReport) -> None:
    for answer in _further_answers(report):
        answer.ClearField("headers")


def _drop_further_certificates(report: messages_pb2.ProbeReport) -> None:
    for path in report.result.paths:
        for redirect in path.redirects:
            if redirect.HasField("tls"):
                redirect.tls.ClearField("chain")


def _shorten_further_addresses(report: messages_pb2.ProbeReport) -> None:
    for answer in _further_answers(report):
        answer.path = answer.path[:_FEW_CHARS]
        answer.url = answer.url[:_FEW_CHARS]
        answer.location = answer.location[:_FEW_CHARS]


def _drop_headers(report: messages_pb2.ProbeReport) -> None:
    for path in report.result.paths:
        path.ClearField("headers")
    for port in report.result.ports:
        if port.HasField("probe"):
            port.probe.ClearField("headers")


def _keep_leaves(report: messages_pb2.ProbeReport) -> None:
    for port in report.result.ports:
        del port.tls.chain[1:]


def _keep_few_names(report: messages_pb2.ProbeReport) -> None:
    for port in report.result.ports:
        for certificate in port.tls.chain:
            del certificate.names[_FEW_NAMES:]


def _keep_few_values(report: messages_pb2.ProbeReport) -> None:
    for records in report.result.dns.records:
        del records.values[_FEW_VALUES:]


def _keep_few_details(report: messages_pb2.ProbeReport) -> None:
    """Keep of what is told beside the reasons that it is so, and the first that shows it."""
    analysis = report.result.analysis
    for path in analysis.authentication.paths:
        del path.evidence[1:]
    for document in analysis.documents:
        del document.evidence[1:]
        del document.servers[_FEW_VALUES:]
        del document.security_schemes[_FEW_VALUES:]


def _drop_further_answers(report: messages_pb2.ProbeReport) -> None:
    report.result.ClearField("discovered")
    for path in report.result.paths:
        path.ClearField("redirects")
        path.ClearField("other_addresses")


def _keep_few_addresses(report: messages_pb2.ProbeReport) -> None:
    dns = report.result.dns
    for addresses in (dns.a_records, dns.aaaa_records):
        del addresses[_FEW_ADDRESSES:]


def _shorten_texts(report: messages_pb2.ProbeReport) -> None:
    """Shorten what a server chose freely; of what was asked only the URL, which has the path."""
    answers = [port.probe for port in report.result.ports if port.HasField("probe")]
    for answer in (*answers, *report.result.paths):
        for name in ("url", "location", "reason", "title", "server", "content_type"):
            if getattr(answer, name):
                setattr(answer, name, getattr(answer, name)[:_FEW_CHARS])
    for port in report.result.ports:
        for certificate in port.tls.chain:
            certificate.subject = certificate.subject[:_FEW_CHARS]
            certificate.issuer = certificate.issuer[:_FEW_CHARS]
            certificate.names[:] = [name[:_FEW_CHARS] for name in certificate.names]


_CUTS: Final[tuple[Callable[[messages_pb2.ProbeReport], None], ...]] = (
    _drop_further_headers,
    _drop_further_certificates,
    _drop_samples,
    _drop_headers,
    _keep_leaves,
    _keep_few_names,
    _keep_few_values,
    _keep_few_details,
    _shorten_further_addresses,
    _keep_few_addresses,
    _drop_further_answers,
    _shorten_texts,
)
