import pytest

from outscope.v1 import check_pb2, check_service_pb2
from services.gateway.schemas.check_list import STATUSES, CheckListQuery
from services.gateway.schemas.request import validated
from services.gateway.translate.check_list import check_list, list_message


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("pending", check_pb2.CHECK_STATUS_PENDING),
        ("completed", check_pb2.CHECK_STATUS_COMPLETED),
        ("failed", check_pb2.CHECK_STATUS_FAILED),
        ("cancelled", check_pb2.CHECK_STATUS_CANCELLED),
    ],
)
def test_a_status_becomes_its_value(status: str, expected: int) -> None:
    assert list_message(validated(CheckListQuery, {"status": status})).status == expected


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_that_can_be_asked_for_is_known(status: str) -> None:
    assert list_message(validated(CheckListQuery, {"status": status})).status


def test_no_filter_is_no_filter() -> None:
    assert list_message(validated(CheckListQuery, {})) == check_service_pb2.ListChecksRequest(
        page_size=30
    )


def test_a_page_tells_whether_there_is_another() -> None:
    last = check_list(check_service_pb2.ListChecksResponse())
    first = check_list(check_service_pb2.ListChecksResponse(next_cursor="cur_1"))
    assert last["pagination"] == {"next_cursor": None, "has_more": False}
    assert first["pagination"] == {"next_cursor": "cur_1", "has_more": True}
