"""What happens while a check is carried out, as messages: no I/O.

Law: no credential of a target leaves here, and every text has its bound.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from outscope.v1 import progress_pb2
from services.prober.facts import DnsFacts, PathFacts, PortFacts
from services.prober.judge.verdict import Verdict
from services.prober.report_facts import dns_message, path_message, port_message
from services.prober.report_verdict import analysis_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A prober has taken a job up."""

    vantage_point: str
    prober_id: str
    started_at: datetime
    attempt: int


Event: TypeAlias = Begun | DnsFacts | PortFacts | PathFacts | Verdict


def stages_of(event: Event) -> Iterator[progress_pb2.Stage]:
    """Yield what is told of an event: of a port what it is, and then its TLS if it speaks that."""
    match event:
        case Begun():
            yield progress_pb2.Stage(started=_started(event))
        case DnsFacts():
            yield progress_pb2.Stage(dns=dns_message(event))
        case PortFacts():
            bare = replace(event, tls=None, probe=None)
            yield progress_pb2.Stage(port=port_message(bare, frozenset()))
            if event.tls is not None:
                yield progress_pb2.Stage(tls=_port_tls(event))
        case PathFacts():
            yield progress_pb2.Stage(path=path_message(event, frozenset()))
        case Verdict():
            yield progress_pb2.Stage(judged=analysis_message(event))


def _started(begun: Begun) -> progress_pb2.Started:
    message = progress_pb2.Started(
        vantage_point=begun.vantage_point, prober_id=begun.prober_id, attempt=begun.attempt
    )
    message.started_at.FromDatetime(begun.started_at)
    return message


def _port_tls(port: PortFacts) -> progress_pb2.PortTls:
    tls = None if port.tls is None else replace(port.tls, chain=port.tls.chain[:1])
    whole = port_message(replace(port, tls=tls, probe=None), frozenset())
    return progress_pb2.PortTls(port=port.port, tls=whole.tls)
