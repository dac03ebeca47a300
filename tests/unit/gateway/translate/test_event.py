import json

import pytest

from outscope.v1 import check_pb2, facts_pb2, progress_pb2, verdict_pb2
from outscope.v1.check_service_pb2 import WatchCheckResponse
from services.gateway.translate.event import event_text


def lines(response: WatchCheckResponse) -> list[str]:
    text = event_text(response).decode()
    assert text.endswith("\n\n")
    return text[:-2].split("\n")


STAGES = {
    "started": progress_pb2.Stage(started=progress_pb2.Started(attempt=1)),
    "dns": progress_pb2.Stage(dns=facts_pb2.DnsFacts(a_records=["192.0.2.1"])),
    "port": progress_pb2.Stage(port=facts_pb2.PortFacts(port=443)),
    "tls": progress_pb2.Stage(
        tls=progress_pb2.PortTls(port=443, tls=facts_pb2.TlsFacts(valid=True))
    ),
    "path": progress_pb2.Stage(path=facts_pb2.PathFacts(path="/")),
    "judged": progress_pb2.Stage(judged=verdict_pb2.Analysis(kind="api")),
}


def test_every_stage_there_is_can_be_told() -> None:
    (stages,) = progress_pb2.Stage.DESCRIPTOR.oneofs
    assert {field.name for field in stages.fields} == set(STAGES)


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_an_event_of_its_name(name: str) -> None:
    told = lines(WatchCheckResponse(event_id=11_001, stage=STAGES[name]))
    assert told[:2] == ["id: 11001", f"event: {name}"]
    assert isinstance(json.loads(told[2].removeprefix("data: ")), dict)
    assert len(told) == 3


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (check_pb2.CHECK_STATUS_PENDING, "queued"),
        (check_pb2.CHECK_STATUS_COMPLETED, "completed"),
        (check_pb2.CHECK_STATUS_FAILED, "failed"),
        (check_pb2.CHECK_STATUS_CANCELLED, "cancelled"),
    ],
)
def test_a_check_is_an_event_of_its_status(
    status: "check_pb2.CheckStatus.ValueType", name: str
) -> None:
    check = check_pb2.Check(id="chk_1", status=status)
    told = lines(WatchCheckResponse(event_id=19_999, check=check))
    assert told[:2] == ["id: 19999", f"event: {name}"]
    assert json.loads(told[2].removeprefix("data: "))["id"] == "chk_1"


def test_a_line_end_in_what_was_seen_ends_no_line() -> None:
    path = facts_pb2.PathFacts(path="/", title="a\n\nid: 5\r\ndata: x")
    told = lines(WatchCheckResponse(event_id=11_001, stage=progress_pb2.Stage(path=path)))
    assert len(told) == 3


def test_what_tells_nothing_is_no_event() -> None:
    assert event_text(WatchCheckResponse()) == b""
    # Of a kind that a later version has.
    assert event_text(WatchCheckResponse(event_id=5, stage=progress_pb2.Stage())) == b""


def test_without_an_id_there_is_no_line_for_it() -> None:
    check = check_pb2.Check(id="chk_1", status=check_pb2.CHECK_STATUS_PENDING)
    assert lines(WatchCheckResponse(check=check))[0] == "event: queued"
