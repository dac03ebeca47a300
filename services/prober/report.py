"""Translates what a check found into the message that reports it: no I/O.

Law: no credential of a target leaves here, and every text has its bound.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final

from outscope import VERSION
from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from services.prober.facts import Failure, HostFacts, Postponed
from services.prober.judge.verdict import Verdict
from services.prober.kept import kept_facts
from services.prober.observe.sample import Sample, sample_of
from services.prober.report_facts import (
    OWNERS,
    dns_message,
    led_to_message,
    path_message,
    port_message,
)
from services.prober.report_verdict import analysis_message, cited_headers

# The second half of a job's message id.
_ATTEMPT: Final = re.compile(r"[0-9]{1,5}", re.ASCII)
# What is reported of a response beside the fields of its own and what the verdict cites; a sample
# has every header.
_REPORTED_HEADERS: Final = frozenset(
    {
        "access-control-allow-origin",
        "allow",
        "alt-svc",
        "cache-control",
        "cf-mitigated",
        "cf-ray",
        "content-encoding",
        "content-length",
        "content-security-policy",
        "content-type",
        "date",
        "etag",
        "last-modified",
        "link",
        "location",
        "permissions-policy",
        "referrer-policy",
        "retry-after",
        "server",
        "set-cookie",
        "strict-transport-security",
        "vary",
        "via",
        "www-authenticate",
        "x-cache",
        "x-content-type-options",
        "x-frame-options",
        "x-powered-by",
        "x-robots-tag",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Who looked, from where, since when and for how long."""

    vantage_point: str
    prober_id: str
    started_at: datetime
    duration_ms: int
    egress_addresses: tuple[str, ...]
    has_ipv6: bool
    user_agent: str


def result_report(
    job: messages_pb2.ProbeJob, facts: HostFacts, verdict: Verdict, observer: Observer
) -> messages_pb2.ProbeReport:
    """Return the report of a check that was carried out."""
    report = _report(job)
    cited = cited_headers(verdict)
    # Each part is put into its place at once: as one message it would all be copied once more.
    result = report.result
    result.analysis.CopyFrom(analysis_message(verdict))
    result.dns.CopyFrom(dns_message(facts.dns))
    result.ports.extend(
        port_message(port, cited.get(f"ports[{index}].probe", frozenset()))
        for index, port in enumerate(facts.ports)
    )
    result.paths.extend(
        path_message(path, _REPORTED_HEADERS | cited.get(f"paths[{index}]", frozenset()))
        for index, path in enumerate(facts.paths)
    )
    if facts.control is not None:
        names = _REPORTED_HEADERS | cited.get("control", frozenset())
        result.control.CopyFrom(path_message(facts.control, names))
    result.discovered.extend(
        led_to_message(path, cited.get(f"discovered[{index}]", frozenset()))
        for index, path in enumerate(facts.discovered)
    )
    result.observer.CopyFrom(_observer(observer))
    if facts.spec.include_content_sample:
        samples = (sample_of(path) for path in facts.paths)
        report.samples.extend(_sample(sample) for sample in samples if sample is not None)
    report.kept = kept_facts(facts)
    return report


def failure_report(job: messages_pb2.ProbeJob, failure: Failure) -> messages_pb2.ProbeReport:
    """Return the report of a check that could not be carried out."""
    report = _report(job)
    report.failure.reason = failure.reason.value
    report.failure.owner = OWNERS[failure.owner]
    report.failure.message = failure.message
    return report


def postponed_report(job: messages_pb2.ProbeJob, postponed: Postponed) -> messages_pb2.ProbeReport:
    """Return the report of a check that is to be made later."""
    report = _report(job)
    report.postponed.wait_ms = ceil(postponed.wait_s * 1000)
    if postponed.used_up is not None:
        report.postponed.used_up = messages_pb2.BudgetKind.Value(
            f"BUDGET_KIND_{postponed.used_up.name}"
        )
    return report


def rejected_report(message_id: str, rejection: messages_pb2.Rejection) -> messages_pb2.ProbeReport:
    """Return the report of a job that cannot be carried out, known by its message's id.

    With an id that is not one of a job's the report is of no probe.
    """
    job = job_named(message_id)
    return messages_pb2.ProbeReport(probe_id=job.probe_id, attempt=job.attempt, rejected=rejection)


def job_named(message_id: str) -> messages_pb2.ProbeJob:
    """Return what a message's id tells of its job: probe and attempt, or neither."""
    probe_id, _, attempt = message_id.rpartition("-")
    if not probe_id or not _ATTEMPT.fullmatch(attempt):
        return messages_pb2.ProbeJob()
    return messages_pb2.ProbeJob(probe_id=probe_id, attempt=int(attempt))


def _report(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
    return messages_pb2.ProbeReport(
        probe_id=job.probe_id, check_id=job.check_id, attempt=job.attempt
    )


def _observer(observer: Observer) -> check_pb2.Observer:
    message = check_pb2.Observer(
        vantage_point=observer.vantage_point,
        prober_id=observer.prober_id,
        prober_version=VERSION,
        duration_ms=observer.duration_ms,
        egress_addresses=observer.egress_addresses,
        has_ipv6=observer.has_ipv6,
        user_agent=observer.user_agent,
    )
    message.started_at.FromDatetime(observer.started_at)
    return message


def _sample(sample: Sample) -> facts_pb2.ContentSample:
    return facts_pb2.ContentSample(
        path=sample.path,
        headers=[facts_pb2.Header(name=name, value=value) for name, value in sample.headers],
        body=sample.body,
        truncated=sample.truncated,
    )
