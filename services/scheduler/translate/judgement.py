"""What is asked of a prober about facts that are kept, its answer, and what differs by it."""

from typing import Any

from google.protobuf.message import DecodeError, Message

from outscope.v1 import check_pb2, facts_pb2, judgement_service_pb2, messages_pb2, verdict_pb2
from services.scheduler.domain.check import CheckSpec
from services.scheduler.translate.check import spec_message
from services.scheduler.translate.report import UndecodableError


def question_payload(spec: CheckSpec, result: bytes, kept: bytes, *, explain: bool) -> bytes:
    """Return the question as it travels; result and kept are as the prober wrote them down."""
    return messages_pb2.JudgeRequest(
        spec=spec_message(spec),
        result=check_pb2.CheckResult.FromString(result),
        kept=kept,
        explain=explain,
    ).SerializeToString()


def answer_in(payload: bytes) -> messages_pb2.JudgeReply:
    """Return what a prober answers, or raise UndecodableError."""
    try:
        reply = messages_pb2.JudgeReply.FromString(payload)
    except DecodeError as error:
        raise UndecodableError("not a JudgeReply") from error
    if not reply.problem and not reply.HasField("analysis"):
        raise UndecodableError("a JudgeReply without analysis or problem")
    return reply


def analysis_in(result: bytes) -> verdict_pb2.Analysis:
    """Return the verdict in a result."""
    return check_pb2.CheckResult.FromString(result).analysis


def with_judgement(result: bytes, reply: messages_pb2.JudgeReply) -> bytes:
    """Return a result with another verdict, and with the headers which that cites.

    All else stays as it was written down.
    """
    message = check_pb2.CheckResult.FromString(result)
    message.analysis.CopyFrom(reply.analysis)
    for cited in reply.cited:
        answer = _answer_at(message, cited.where)
        if answer is not None:
            shown = {header.name for header in answer.headers}
            answer.headers.extend(each for each in cited.headers if each.name not in shown)
    return message.SerializeToString()


def _answer_at(result: check_pb2.CheckResult, where: str) -> facts_pb2.PathFacts | None:
    """Return the answer at a place such as paths[0].redirects[1].answer; None when none is."""
    node: Any = result
    for step in where.split("."):
        name, _, index = step.rstrip("]").partition("[")
        if not isinstance(node, Message) or name not in node.DESCRIPTOR.fields_by_name:
            return None
        node = getattr(node, name)
        if index:
            if not index.isdecimal() or int(index) >= len(node):
                return None
            node = node[int(index)]
    return node if isinstance(node, facts_pb2.PathFacts) else None


def difference_message(
    before: verdict_pb2.Analysis, after: verdict_pb2.Analysis
) -> judgement_service_pb2.Difference:
    """Return two verdicts with the names of the fields in which they differ."""
    changed = [
        field.name
        for field in verdict_pb2.Analysis.DESCRIPTOR.fields
        if getattr(before, field.name) != getattr(after, field.name)
    ]
    return judgement_service_pb2.Difference(before=before, after=after, changed=changed)
