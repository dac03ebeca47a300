"""Messages written by an earlier version still decode to what they said.

stored/ holds each as it was written (.binpb) and what it says (.txtpb). They stand for rows that
are kept for months and for what is on the bus while versions run side by side: a file here is
never changed, only added.
"""

from pathlib import Path

import pytest
from google.protobuf import text_format
from google.protobuf.message import Message

from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from services.scheduler.domain.check import ProbeEnd
from services.scheduler.translate.report import attempt_in, report_in

STORED = Path(__file__).parent / "stored"
KINDS: dict[str, type[Message]] = {
    "check_result": check_pb2.CheckResult,
    "content_sample": facts_pb2.ContentSample,
    "probe_job": messages_pb2.ProbeJob,
    "target_budget": messages_pb2.TargetBudget,
    "budget_request": messages_pb2.BudgetRequest,
    "budget_reply": messages_pb2.BudgetReply,
    "postponement": messages_pb2.Postponement,
    "probe_report": messages_pb2.ProbeReport,
    "rejection": messages_pb2.Rejection,
    "kept_facts": messages_pb2.KeptFacts,
    "kept_answer": messages_pb2.KeptAnswer,
    "judge_request": messages_pb2.JudgeRequest,
    "judge_reply": messages_pb2.JudgeReply,
    "delivery_job": messages_pb2.DeliveryJob,
    "delivery_attempt": messages_pb2.DeliveryAttempt,
    "check_ended": messages_pb2.CheckEnded,
    "check_cancelled": messages_pb2.CheckCancelled,
    "cancelled_request": messages_pb2.CancelledRequest,
    "cancelled_reply": messages_pb2.CancelledReply,
    "checks_watched": messages_pb2.ChecksWatched,
    "probe_progress": messages_pb2.ProbeProgress,
    "prober_presence": messages_pb2.ProberPresence,
    "unfitness": messages_pb2.Unfitness,
}
NAMES = sorted(path.stem for path in STORED.glob("*.binpb"))


def kind_of(name: str) -> type[Message]:
    return KINDS[name.partition("-")[0]]


def test_every_kind_that_is_stored_or_sent_is_held_here() -> None:
    assert {name.partition("-")[0] for name in NAMES} == set(KINDS)
    sent = set(messages_pb2.DESCRIPTOR.message_types_by_name)
    assert {kind.DESCRIPTOR.name for kind in KINDS.values()} >= sent


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_message_still_says_what_it_said(name: str) -> None:
    kind = kind_of(name)
    stored = kind.FromString((STORED / f"{name}.binpb").read_bytes())
    said = text_format.Parse((STORED / f"{name}.txtpb").read_text(), kind())
    assert stored == said


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_set_in_some_stored_message(kind: str) -> None:
    """A field that no stored message sets could change its meaning unseen."""
    stored = [
        KINDS[kind].FromString((STORED / f"{name}.binpb").read_bytes())
        for name in NAMES
        if kind_of(name) is KINDS[kind]
    ]
    unset = {field.name for field in KINDS[kind].DESCRIPTOR.fields}
    for message in stored:
        unset -= {field.name for field, _ in message.ListFields()}
    assert unset == set()


def test_a_stored_report_is_still_recorded() -> None:
    end = report_in((STORED / "probe_report-0.1.0.binpb").read_bytes())
    assert isinstance(end, ProbeEnd)
    assert end.attempt == 2
    assert end.result is not None
    assert check_pb2.CheckResult.FromString(end.result).analysis.kind == "api"
    assert attempt_in((STORED / "delivery_attempt-0.1.0.binpb").read_bytes()).status_code == 503
