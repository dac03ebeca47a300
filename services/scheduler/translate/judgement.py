"""What is asked of a prober about facts that are kept, its answer, and what differs by it."""

from google.protobuf.message import DecodeError

from outscope.v1 import check_pb2, judgement_service_pb2, messages_pb2, verdict_pb2
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


def with_analysis(result: bytes, analysis: verdict_pb2.Analysis) -> bytes:
    """Return a result with another verdict; all else stays as it was written down."""
    message = check_pb2.CheckResult.FromString(result)
    message.analysis.CopyFrom(analysis)
    return message.SerializeToString()


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
