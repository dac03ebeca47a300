"""The Idempotency-Key over REST: passed on, refused when it can be none, and told when replayed."""

from collections.abc import Mapping

import pytest

from outscope.errors import IdempotencyConflict
from outscope.v1 import (
    check_service_pb2,
    judgement_service_pb2,
    review_pb2,
    webhook_service_pb2,
)
from services.gateway.calls import Caller
from services.gateway.idempotency import asking_beside
from tests.integration.gateway.conftest import Answered, Gateway
from tests.integration.gateway.recorded import CHECK_ID, CREATED_AT, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHECK = {"fqdn": "example.com"}
WEBHOOK = {"url": "https://a.test/", "events": ["check.failed"]}
REVIEW = {"reason": "other"}
BATCH = {"checks": [CHECK, {"fqdn": 5}]}
ROTATION = "/v1/webhooks/whk_01kprq4e00c5s6h9m2t8v4x3za/rotate-secret"
ROUTES: Mapping[str, object] = {
    "/v1/check": CHECK,
    "/v1/checks/batch": BATCH,
    "/v1/webhooks": WEBHOOK,
    f"/v1/check/{CHECK_ID}/review": REVIEW,
    ROTATION: {},
}


def recorded(gateway: Gateway, path: str, *, replayed: bool) -> None:
    item = check_service_pb2.BatchItem(check=pending())
    limit = None if replayed else check_service_pb2.RateLimit(limit=5, remaining=4, reset_s=9)
    answers = {
        "/v1/check": check_service_pb2.CreateCheckResponse(
            check=pending(), rate_limit=limit, replayed=replayed
        ),
        "/v1/checks/batch": check_service_pb2.BatchCreateChecksResponse(
            items=[item], rate_limit=limit, replayed=replayed
        ),
        "/v1/webhooks": webhook_service_pb2.CreateWebhookResponse(
            webhook=webhook_service_pb2.Webhook(id="whk_1", created_at=CREATED_AT),
            secret="whsec_abc",
            replayed=replayed,
        ),
        ROTATION: webhook_service_pb2.RotateWebhookSecretResponse(
            secret="whsec_abc", replayed=replayed
        ),
    }
    review = judgement_service_pb2.ReviewCheckResponse(
        review=review_pb2.Review(id="rev_1", created_at=CREATED_AT), replayed=replayed
    )
    gateway.scheduler.will_answer(answers.get(path, review))


async def post(gateway: Gateway, path: str, key: str | None) -> Answered:
    headers = {} if key is None else {"idempotency-key": key}
    return await gateway.call("POST", path, json=ROUTES[path], headers=headers)


@pytest.mark.parametrize("path", ROUTES)
async def test_every_post_that_creates_passes_its_key_on_and_tells_a_replay(
    gateway: Gateway, path: str
) -> None:
    for replayed in (False, True):
        recorded(gateway, path, replayed=replayed)
    first, again = await post(gateway, path, "my key"), await post(gateway, path, "my key")
    assert [asked.metadata["idempotency-key"] for asked in gateway.scheduler.asked] == [
        "my key"
    ] * 2
    assert (again.status, again.body) == (first.status, first.body)
    assert again.status == 201
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "RateLimit-Remaining" not in again.headers


@pytest.mark.parametrize("path", ROUTES)
async def test_without_a_key_nothing_is_passed_on(gateway: Gateway, path: str) -> None:
    recorded(gateway, path, replayed=False)
    assert (await post(gateway, path, None)).status == 201
    assert not {name for name in gateway.scheduler.last.metadata if "idempotency" in name}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("key", ["", "a" * 256, "schlüssel"])
async def test_what_can_be_no_key_is_a_400_that_names_the_header(
    gateway: Gateway, path: str, key: str
) -> None:
    answer = await post(gateway, path, key)
    assert answer.status == 400
    assert answer.body["error"]["code"] == "invalid_request"
    assert answer.body["error"]["details"]["field"] == "Idempotency-Key"
    assert gateway.scheduler.asked == []
    gateway.scheduler.keys.knows_keys = False
    assert (await post(gateway, path, key)).status == 401


async def test_another_request_under_the_key_is_a_409_of_its_own(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(IdempotencyConflict("m", field="Idempotency-Key", value="k"))
    answer = await post(gateway, "/v1/check", "k")
    assert (answer.status, answer.body["error"]["code"]) == (409, "idempotency_conflict")


async def test_the_items_of_a_batch_that_are_not_sent_stand_under_the_key_too(
    gateway: Gateway,
) -> None:
    digests = []
    for checks in ([CHECK, {"fqdn": 5}], [CHECK, {"fqdn": 6}], [{"fqdn": 5}, CHECK], [CHECK]):
        recorded(gateway, "/v1/checks/batch", replayed=False)
        await gateway.call(
            "POST", "/v1/checks/batch", json={"checks": checks}, headers={"idempotency-key": "k"}
        )
        digests.append(gateway.scheduler.last.metadata["idempotency-beside"])
    assert len(set(digests)) == 4
    assert digests[-1] == ""


async def test_what_creates_nothing_takes_no_key(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(check_service_pb2.GetCheckResponse(check=pending()))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}", **{"idempotency-key": "ü"})
    assert answer.status == 200


async def test_a_caller_without_a_key_asks_nothing_beside() -> None:
    caller = Caller(api_key="k", request_id="r")
    assert asking_beside(caller, [(0, "x")]) == caller


async def test_a_batch_of_which_no_item_is_sent_is_a_409_under_the_key_of_another_request(
    gateway: Gateway,
) -> None:
    async def answered() -> Answered:
        checks = {"checks": [{"fqdn": 5}]}
        headers = {"idempotency-key": "k"}
        return await gateway.call("POST", "/v1/checks/batch", json=checks, headers=headers)

    gateway.scheduler.will_answer(IdempotencyConflict("m", field="Idempotency-Key", value="k"))
    answer = await answered()
    assert (answer.status, answer.body["error"]["code"]) == (409, "idempotency_conflict")
    assert gateway.scheduler.last.metadata["idempotency-beside"]
    gateway.scheduler.will_answer(check_service_pb2.BatchCreateChecksResponse())
    answer = await answered()
    assert (answer.status, answer.body["stats"]["failed"]) == (400, 1)
