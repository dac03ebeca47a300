import pytest

from outscope.errors import InvalidRequest
from outscope.v1 import check_service_pb2, judgement_service_pb2
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.check import CheckStatus
from services.scheduler.rpc.pages import CheckPages, PageRequest
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import new_check, rows, store

CALLER = Caller(key_id="key_1", account_id="acc_a", rate_limit=None, expires_in_s=None)
KEY = bytes(32)


async def test_pages_lead_through_all_checks_of_a_status_newest_first(database: Database) -> None:
    checks = [new_check() for _ in range(5)]
    await store(database, *checks, new_check("acc_b"))
    await rows(database, "UPDATE checks SET status = 'completed' WHERE id <> %s", checks[2].id)
    pages = CheckPages(database=database, cursor_key=KEY)
    found: list[list[str]] = []
    cursor = ""
    while True:
        request = judgement_service_pb2.RejudgeChecksRequest(page_size=2, cursor=cursor)
        page, cursor = await pages.page(CALLER, request, CheckStatus.COMPLETED)
        found.append([check.id for check in page])
        if not cursor:
            break
    assert found == [[checks[4].id, checks[3].id], [checks[1].id, checks[0].id]]


async def test_a_name_in_any_spelling_narrows_a_page(database: Database) -> None:
    one, other = new_check(fqdn="a.example"), new_check(fqdn="b.example")
    await store(database, one, other)
    request = check_service_pb2.ListChecksRequest(fqdn=" A.Example. ")
    page, cursor = await CheckPages(database=database, cursor_key=KEY).page(CALLER, request, None)
    assert ([check.id for check in page], cursor) == ([one.id], "")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (check_service_pb2.ListChecksRequest(page_size=0), "page_size"),
        (judgement_service_pb2.RejudgeChecksRequest(page_size=101), "page_size"),
        (judgement_service_pb2.RejudgeChecksRequest(cursor="cur_x"), "cursor"),
        (judgement_service_pb2.RejudgeChecksRequest(fqdn="no name"), "fqdn"),
    ],
)
async def test_a_page_that_is_none_names_the_field(
    database: Database, request_: PageRequest, field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await CheckPages(database=database, cursor_key=KEY).page(CALLER, request_, None)
    assert refused.value.field == field
