import pytest

from outscope.errors import Conflict, InvalidRequest, NotFound
from outscope.v1 import judgement_service_pb2, review_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CHECK_ID, CREATED_AT

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = f"/v1/check/{CHECK_ID}/review"
REVIEW = review_pb2.Review(
    id="rev_1",
    check_id=CHECK_ID,
    state=review_pb2.REVIEW_STATE_OPEN,
    reason=review_pb2.REVIEW_REASON_WRONG_KIND,
    comment="A shop.",
    expected=review_pb2.ExpectedAnalysis(kind="website"),
    created_at=CREATED_AT,
)


async def test_a_review_is_opened(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(judgement_service_pb2.ReviewCheckResponse(review=REVIEW))
    body = {"reason": "wrong_kind", "comment": "A shop.", "expected": {"kind": "website"}}
    answer = await gateway.post(PATH, body)
    assert answer.status == 201
    assert (answer.body["id"], answer.body["state"]) == ("rev_1", "open")
    assert {name: answer.body[name] for name in body} == body
    asked = gateway.scheduler.last.request
    assert (asked.id, asked.reason) == (CHECK_ID, review_pb2.REVIEW_REASON_WRONG_KIND)
    assert asked.expected == REVIEW.expected


async def test_the_state_of_a_review_is_shown(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(judgement_service_pb2.GetReviewResponse(review=REVIEW))
    answer = await gateway.get(PATH)
    assert (answer.status, answer.body["state"]) == (200, "open")
    assert answer.body["created_at"] == "2026-04-21T10:00:00Z"


async def test_a_second_open_review_is_a_conflict(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(Conflict("A review of this check is open"))
    answer = await gateway.post(PATH, {"reason": "other"})
    assert (answer.status, answer.body["error"]["code"]) == (409, "conflict")


async def test_no_review_is_not_found(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(NotFound("There is no review"))
    assert (await gateway.get(PATH)).status == 404
    unknown = await gateway.get("/v1/check/chk_x/review")
    assert unknown.status == 404
    assert unknown.body["error"]["details"] == {"field": "id", "value": "chk_x"}


async def test_a_comment_that_is_missing_is_named(gateway: Gateway) -> None:
    refusal = InvalidRequest("Say it in the comment", field="comment", value="")
    gateway.scheduler.will_answer(refusal)
    answer = await gateway.post(PATH, {"reason": "other"})
    assert answer.status == 400
    assert answer.body["error"]["details"] == {"field": "comment", "value": ""}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "because"}, "reason"),
        ({"reason": "other", "expected": {"kind": "API"}}, "expected.kind"),
        ({"reason": "other", "state": "accepted"}, "state"),
    ],
)
async def test_a_review_that_is_not_as_documented_is_refused(
    gateway: Gateway, body: object, field: str
) -> None:
    answer = await gateway.post(PATH, body)
    assert answer.status == 400
    assert answer.body["error"]["details"]["field"] == field
