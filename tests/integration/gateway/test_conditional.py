import pytest

from outscope.v1 import check_pb2, check_service_pb2
from services.gateway.conditional import entity_tag, holds
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CHECK_ID, CREATED_AT, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAG = entity_tag(b"{}")


def answer_with(**changes: object) -> check_service_pb2.GetCheckResponse:
    check = pending()
    check.MergeFrom(check_pb2.Check(**changes))  # type: ignore[arg-type]  # any field
    return check_service_pb2.GetCheckResponse(check=check)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([TAG], True),
        ([f"W/{TAG}"], True),
        ([f'"x", {TAG}'], True),
        ([f'"x",{TAG},"y"'], True),
        (['"x"', TAG], True),
        (["*"], True),
        ([" * "], True),
        ([], False),
        ([""], False),
        (['"x"'], False),
        ([TAG.strip('"')], False),
        ([f'"{TAG}"'], False),
        (["**"], False),
    ],
)
async def test_a_tag_is_held_when_the_request_names_it(
    fields: list[str], *, expected: bool
) -> None:
    assert holds(fields, TAG) is expected


async def test_two_answers_that_differ_have_two_tags() -> None:
    assert entity_tag(b"a") == entity_tag(b"a") != entity_tag(b"b")
    assert entity_tag(b"a").startswith('"')


async def test_an_answer_that_is_held_is_not_sent_again(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(*[answer_with()] * 3)
    first = await gateway.get(f"/v1/check/{CHECK_ID}")
    tag = first.headers["ETag"]
    assert first.status == 200
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = await gateway.call("GET", f"/v1/check/{CHECK_ID}", headers={"If-None-Match": tag})
    assert (again.status, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert "Content-Length" not in again.headers
    head = await gateway.call("HEAD", f"/v1/check/{CHECK_ID}", headers={"If-None-Match": tag})
    assert head.status == 304


async def test_the_tag_changes_with_everything_that_can_happen_to_a_check(
    gateway: Gateway,
) -> None:
    answers = [
        answer_with(),
        answer_with(status=check_pb2.CHECK_STATUS_CANCELLED, ended_at=CREATED_AT),
        answer_with(status=check_pb2.CHECK_STATUS_COMPLETED, ended_at=CREATED_AT),
        answer_with(
            status=check_pb2.CHECK_STATUS_COMPLETED, ended_at=CREATED_AT, rejudged_at=CREATED_AT
        ),
        answer_with(
            status=check_pb2.CHECK_STATUS_FAILED,
            ended_at=CREATED_AT,
            failure=check_pb2.Failure(reason="internal"),
        ),
    ]
    gateway.scheduler.will_answer(*answers, *answers[1:], answers[0])
    tags = [(await gateway.get(f"/v1/check/{CHECK_ID}")).headers["ETag"] for _ in answers]
    assert len(set(tags)) == len(answers)
    held = {"If-None-Match": tags[0]}
    statuses = [
        (await gateway.call("GET", f"/v1/check/{CHECK_ID}", headers=held)).status for _ in answers
    ]
    assert statuses == [200, 200, 200, 200, 304]


async def test_a_page_of_the_list_has_a_tag_too(gateway: Gateway) -> None:
    page = check_service_pb2.ListChecksResponse(checks=[pending()])
    gateway.scheduler.will_answer(page, page, check_service_pb2.ListChecksResponse())
    tag = (await gateway.get("/v1/checks")).headers["ETag"]
    held = {"If-None-Match": tag}
    assert (await gateway.call("GET", "/v1/checks", headers=held)).status == 304
    assert (await gateway.call("GET", "/v1/checks", headers=held)).status == 200


async def test_who_may_not_see_a_check_is_not_told_that_it_is_the_same(gateway: Gateway) -> None:
    held = {"x-api-key": None, "If-None-Match": "*"}
    answer = await gateway.call("GET", f"/v1/check/{CHECK_ID}", headers=held)
    assert answer.status == 401
    assert answer.headers["Cache-Control"] == "no-store"
