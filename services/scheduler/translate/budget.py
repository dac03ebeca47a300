"""What probers ask about a target's budget, and what they are told, as messages and back."""

from math import ceil
from typing import Final

from google.protobuf.message import DecodeError

from outscope.v1 import messages_pb2
from services.scheduler.domain.budget import Ask, BudgetKind, Granted, Verdict
from services.scheduler.translate.report import UndecodableError

_KINDS: Final = {
    BudgetKind.HOST: messages_pb2.BUDGET_KIND_HOST,
    BudgetKind.ADDRESS: messages_pb2.BUDGET_KIND_ADDRESS,
}


def ask_in(payload: bytes) -> Ask:
    """Return what a BudgetRequest asks, or raise UndecodableError."""
    request = messages_pb2.BudgetRequest()
    try:
        request.ParseFromString(payload)
    except DecodeError as error:
        raise UndecodableError("not a BudgetRequest") from error
    targets = (request.host, *request.addresses)
    if not request.requests or not any(targets) or any("\0" in target for target in targets):
        raise UndecodableError("a BudgetRequest without requests or a usable target")
    return Ask(
        host=request.host,
        addresses=tuple(filter(None, request.addresses)),
        requests=request.requests,
    )


def verdict_payload(verdict: Verdict) -> bytes:
    """Return a verdict as it travels."""
    if isinstance(verdict, Granted):
        return messages_pb2.BudgetReply(granted=True).SerializeToString()
    postponement = messages_pb2.Postponement(wait_ms=ceil(verdict.wait_s * 1000))
    if verdict.used_up is not None:
        postponement.used_up = _KINDS[verdict.used_up]
    return messages_pb2.BudgetReply(postponement=postponement).SerializeToString()
