"""What a check asks leave for, what it costs, and what comes of an answer or of none."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import cast

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.failures import FailureReason
from outscope.netguard.policy import Policy
from outscope.v1 import messages_pb2
from services.prober.budget import TargetBudgets, counted_addresses
from services.prober.facts import BudgetKind, Failure, Owner, Postponed

ANSWER_WITHIN_S = 1.5
OPENED = Policy(allow=(ip_network("10.0.0.0/8"),))
DEFAULT = messages_pb2.TargetBudget(host=60, address=600)
ON_PURPOSE = messages_pb2.TargetBudget(
    host=60, address=600, host_covers_opened=True, address_covers_opened=True
)


class AnsweringBus:
    """A bus with one answer: the seam where the scheduler is played."""

    def __init__(self, reply: messages_pb2.BudgetReply | bytes | None) -> None:
        self._reply = reply
        self.asked: list[messages_pb2.BudgetRequest] = []

    async def ask(self, subject: str, payload: bytes, *, timeout_s: float) -> bytes:
        assert subject == subjects.BUDGET
        assert timeout_s == ANSWER_WITHIN_S
        self.asked.append(messages_pb2.BudgetRequest.FromString(payload))
        if self._reply is None:
            raise BusUnavailable("nobody answers")
        return self._reply if isinstance(self._reply, bytes) else self._reply.SerializeToString()


async def leave(
    bus: AnsweringBus,
    addresses: Sequence[str],
    budget: messages_pb2.TargetBudget = DEFAULT,
) -> Failure | Postponed | None:
    asking = TargetBudgets(cast("Bus", bus), OPENED, answer_within_s=ANSWER_WITHIN_S)
    return await asking.leave_within(budget)("a.example", addresses, 3)


def granting() -> AnsweringBus:
    return AnsweringBus(messages_pb2.BudgetReply(granted=True))


async def test_name_and_addresses_are_asked_for_with_what_the_check_sends() -> None:
    bus = granting()
    assert await leave(bus, ("192.0.2.1", "2001:db8::1")) is None
    assert bus.asked == [
        messages_pb2.BudgetRequest(
            host="a.example", addresses=["192.0.2.1", "2001:db8::1"], requests=3
        )
    ]


@pytest.mark.parametrize(
    ("addresses", "host", "counted"),
    [
        (("10.0.0.1", "10.0.0.2"), None, None),
        (("10.0.0.1", "192.0.2.1"), "a.example", ["192.0.2.1"]),
        (("::ffff:10.0.0.1",), None, None),
    ],
)
async def test_by_default_what_the_operator_opened_has_no_budget_and_costs_no_question(
    addresses: Sequence[str], host: str | None, counted: list[str] | None
) -> None:
    bus = granting()
    assert await leave(bus, addresses) is None
    assert [(each.host, list(each.addresses)) for each in bus.asked] == (
        [] if host is None else [(host, counted)]
    )


async def test_a_budget_set_on_purpose_covers_what_is_opened_too() -> None:
    bus = granting()
    await leave(bus, ("10.0.0.1",), ON_PURPOSE)
    assert [(each.host, list(each.addresses)) for each in bus.asked] == [
        ("a.example", ["10.0.0.1"])
    ]


@pytest.mark.parametrize(
    ("budget", "host", "counted"),
    [
        (messages_pb2.TargetBudget(host=60, host_covers_opened=True), "a.example", []),
        (messages_pb2.TargetBudget(address=60, address_covers_opened=True), "", ["10.0.0.1"]),
    ],
)
async def test_only_what_has_a_limit_is_asked_for(
    budget: messages_pb2.TargetBudget, host: str, counted: list[str]
) -> None:
    bus = granting()
    await leave(bus, ("10.0.0.1",), budget)
    assert [(each.host, list(each.addresses)) for each in bus.asked] == [(host, counted)]


def test_one_host_under_several_addresses_is_counted_once() -> None:
    disguises = ("192.0.2.1", "::ffff:192.0.2.1", "64:ff9b::c000:201", "2002:c000:201::1")
    assert list(map(str, counted_addresses(disguises))) == ["192.0.2.1"]
    assert list(map(str, counted_addresses(("2001:db8::1", "192.0.2.1")))) == [
        "2001:db8::1",
        "192.0.2.1",
    ]


@pytest.mark.parametrize(
    ("used_up", "kind"),
    [
        (messages_pb2.BUDGET_KIND_HOST, BudgetKind.HOST),
        (messages_pb2.BUDGET_KIND_ADDRESS, BudgetKind.ADDRESS),
        (messages_pb2.BUDGET_KIND_UNSPECIFIED, None),
    ],
)
async def test_a_check_that_is_not_granted_is_put_off_as_told(
    used_up: messages_pb2.BudgetKind.ValueType, kind: BudgetKind | None
) -> None:
    told = messages_pb2.Postponement(wait_ms=1500, used_up=used_up)
    bus = AnsweringBus(messages_pb2.BudgetReply(postponement=told))
    assert await leave(bus, ("192.0.2.1",)) == Postponed(wait_s=1.5, used_up=kind)


@pytest.mark.parametrize("reply", [None, b"\xff\xff"])
async def test_without_an_answer_nothing_is_sent_and_the_check_is_put_off_for_a_moment(
    reply: bytes | None,
) -> None:
    postponed = await leave(AnsweringBus(reply), ("192.0.2.1",))
    assert postponed == Postponed(wait_s=2.0, used_up=None)


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (
            messages_pb2.TargetBudget(host=2, address=600),
            "2 a minute that this installation sends to one host name",
        ),
        (messages_pb2.TargetBudget(address=2), "to one address"),
    ],
)
async def test_a_check_that_never_fits_fails_at_once_and_is_told_what_to_do(
    budget: messages_pb2.TargetBudget, told: str
) -> None:
    bus = granting()
    failure = await leave(bus, ("192.0.2.1",), budget)
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.owner) == (FailureReason.TARGET_BUDGET, Owner.POLICY)
    assert "3 requests" in failure.message
    assert told in failure.message
    assert "OUTSCOPE_TARGET_BUDGET_" in failure.message
    assert bus.asked == []


async def test_a_check_that_is_exactly_a_minutes_budget_is_asked_for() -> None:
    bus = granting()
    budget = messages_pb2.TargetBudget(host=3, address=3)
    assert await leave(bus, ("192.0.2.1",), budget) is None
    assert len(bus.asked) == 1
