"""Answers schedulers that ask what the rules say of facts that are kept.

Law: nothing is sent to anybody but the one who asks.
"""

import asyncio

from google.protobuf.message import DecodeError

from outscope.bus.connect import Bus
from outscope.bus.subjects import JUDGE, PROBERS
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from outscope.v1 import messages_pb2, verdict_pb2
from services.prober.facts import HostFacts
from services.prober.judge.decide import verdict_for
from services.prober.judge.explain import Considered, considered_rules
from services.prober.judge.verdict import Verdict
from services.prober.kept import NothingKeptError, answers_in, facts_kept
from services.prober.observe.redact import redacted, redacted_address
from services.prober.report_facts import headers_message
from services.prober.report_verdict import analysis_message, evidence_message, evidence_of
from services.prober.worker import spec_of

log = logger(__name__)

_ASKED = Counter(
    "outscope_judgements_total", "Verdicts reached from facts kept, by outcome.", ("outcome",)
)


async def serve_judgements(bus: Bus) -> None:
    """Answer for ever, beside the other probers."""

    async def answer(payload: bytes) -> bytes:
        # In a thread: the longest facts take a tenth of a second, and checks are going on.
        reply = await asyncio.to_thread(reply_to, payload)
        return reply.SerializeToString()

    async with bus.answering(JUDGE, PROBERS, answer):
        await asyncio.Event().wait()


def reply_to(payload: bytes) -> messages_pb2.JudgeReply:
    """Return the answer to a JudgeRequest as it travels."""
    try:
        request = messages_pb2.JudgeRequest.FromString(payload)
        spec = spec_of(messages_pb2.ProbeJob(spec=request.spec))
        facts = facts_kept(spec, request.result, request.kept)
    except DecodeError as error:
        log.error("unreadable question", exception=error)  # noqa: TRY400 - ours has fields
        return _nothing("the prober cannot read the question")
    except NothingKeptError as error:
        return _nothing(str(error))
    verdict = verdict_for(facts)
    _ASKED.labels("judged").inc()
    rules = considered_rules(facts, verdict) if request.explain else ()
    return messages_pb2.JudgeReply(
        analysis=analysis_message(verdict),
        rules=[_considered(each) for each in rules],
        cited=_cited(facts, verdict),
    )


def _nothing(problem: str) -> messages_pb2.JudgeReply:
    _ASKED.labels("nothing_kept").inc()
    return messages_pb2.JudgeReply(problem=problem)


def _cited(facts: HostFacts, verdict: Verdict) -> list[messages_pb2.KeptAnswer]:
    """Return the headers that are evidence, each with the answer it came with."""
    names: dict[str, set[str]] = {}
    for evidence in evidence_of(verdict):
        where, found, name = evidence.field.partition(".headers.")
        if found:
            names.setdefault(where, set()).add(name)
    return [
        messages_pb2.KeptAnswer(
            where=where,
            headers=headers_message(
                redacted(header for header in answer.headers if header[0] in names[where])
            ),
        )
        for where, answer in answers_in(facts)
        if where in names
    ]


def _considered(considered: Considered) -> verdict_pb2.ConsideredRule:
    return verdict_pb2.ConsideredRule(
        rule=considered.rule,
        role=verdict_pb2.RuleRole.Value(f"RULE_ROLE_{considered.role.name}"),
        where=considered.where,
        message=redacted_address(considered.message),
        evidence=[evidence_message(each) for each in considered.evidence],
    )
