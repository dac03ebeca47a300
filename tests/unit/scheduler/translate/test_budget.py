import pytest

from outscope.v1 import messages_pb2
from services.scheduler.domain.budget import GRANTED, Ask, BudgetKind, NotNow
from services.scheduler.translate.budget import ask_in, verdict_payload
from services.scheduler.translate.report import UndecodableError


def test_a_question_is_read() -> None:
    request = messages_pb2.BudgetRequest(
        host="a.example", addresses=["192.0.2.1", "2001:db8::1"], requests=3
    )
    expected = Ask(host="a.example", addresses=("192.0.2.1", "2001:db8::1"), requests=3)
    assert ask_in(request.SerializeToString()) == expected


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xff",
        messages_pb2.BudgetRequest(host="a.example").SerializeToString(),
        messages_pb2.BudgetRequest(requests=1).SerializeToString(),
        messages_pb2.BudgetRequest(addresses=[""], requests=1).SerializeToString(),
        messages_pb2.BudgetRequest(host="a\0", requests=1).SerializeToString(),
    ],
)
def test_what_is_no_question_is_told_apart(payload: bytes) -> None:
    with pytest.raises(UndecodableError):
        ask_in(payload)


def test_an_empty_answer_grants_nothing() -> None:
    assert not messages_pb2.BudgetReply.FromString(b"").granted


def test_a_grant_is_told() -> None:
    reply = messages_pb2.BudgetReply.FromString(verdict_payload(GRANTED))
    assert reply.granted
    assert not reply.HasField("postponement")


@pytest.mark.parametrize(
    ("used_up", "told"),
    [
        (BudgetKind.HOST, messages_pb2.BUDGET_KIND_HOST),
        (BudgetKind.ADDRESS, messages_pb2.BUDGET_KIND_ADDRESS),
        (None, messages_pb2.BUDGET_KIND_UNSPECIFIED),
    ],
)
def test_what_waits_is_told_for_how_long_and_why(
    used_up: BudgetKind | None, told: messages_pb2.BudgetKind.ValueType
) -> None:
    verdict = NotNow(wait_s=1.0001, used_up=used_up)
    reply = messages_pb2.BudgetReply.FromString(verdict_payload(verdict))
    assert not reply.granted
    assert (reply.postponement.wait_ms, reply.postponement.used_up) == (1001, told)
