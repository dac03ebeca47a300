import pytest

from outscope.errors import Conflict, NotFound
from outscope.v1 import webhook_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CREATED_AT

pytestmark = pytest.mark.asyncio(loop_scope="session")

ID = "whk_01kprq4e00c5s6h9m2t8v4x3za"
PATH = f"/v1/webhooks/{ID}"
TOLD = "2026-04-21T10:00:00Z"


@pytest.mark.parametrize(("body", "hours"), [(None, 24), ({}, 24), ({"overlap_hours": 0}, 0)])
async def test_a_rotation_answers_with_the_new_secret(
    gateway: Gateway, body: object, hours: int
) -> None:
    gateway.scheduler.will_answer(
        webhook_service_pb2.RotateWebhookSecretResponse(
            secret="whsec_n", old_secret_signs_until=CREATED_AT
        )
    )
    answer = await gateway.call("POST", f"{PATH}/rotate-secret", json=body)
    assert answer.status == 201
    assert answer.body == {"secret": "whsec_n", "old_secret_signs_until": TOLD}
    assert answer.headers["Cache-Control"] == "no-store"
    assert gateway.scheduler.last.request == webhook_service_pb2.RotateWebhookSecretRequest(
        id=ID, overlap_hours=hours
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"overlap_hours": -1}, "overlap_hours"),
        ({"overlap_hours": 169}, "overlap_hours"),
        ({"overlap_hours": "24"}, "overlap_hours"),
        ({"overlap_hours": 1.5}, "overlap_hours"),
        ({"overlap_hours": None}, "overlap_hours"),
        ({"hours": 1}, "hours"),
    ],
)
async def test_an_overlap_that_cannot_be_is_named(
    gateway: Gateway, body: object, field: str
) -> None:
    answer = await gateway.post(f"{PATH}/rotate-secret", body)
    assert (answer.status, answer.body["error"]["details"]["field"]) == (400, field)
    assert gateway.scheduler.asked == []


async def test_a_secret_is_shown_with_who_asked_and_kept_by_nobody_on_the_way(
    gateway: Gateway,
) -> None:
    access = webhook_service_pb2.SecretAccess(action="read", at=CREATED_AT, key_id="key_1")
    gateway.scheduler.will_answer(
        webhook_service_pb2.GetWebhookSecretResponse(secret="whsec_x", accesses=[access])
    )
    answer = await gateway.get(f"{PATH}/secret")
    assert answer.status == 200
    assert answer.body == {
        "secret": "whsec_x",
        "accesses": [{"action": "read", "at": TOLD, "key_id": "key_1"}],
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert gateway.scheduler.last.request == webhook_service_pb2.GetWebhookSecretRequest(id=ID)


async def test_a_public_key_is_shown(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        webhook_service_pb2.GetWebhookPublicKeyResponse(public_key="whpk_x")
    )
    answer = await gateway.get(f"{PATH}/public-key")
    assert (answer.status, answer.body) == (200, {"public_key": "whpk_x"})
    assert gateway.scheduler.last.request == webhook_service_pb2.GetWebhookPublicKeyRequest(id=ID)


ROUTES = [("POST", "/rotate-secret"), ("GET", "/secret"), ("GET", "/public-key")]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_what_the_scheduler_refuses_is_passed_on(
    gateway: Gateway, method: str, path: str
) -> None:
    for refusal in (NotFound("No", field="id", value=ID), Conflict("No", field="signatures")):
        gateway.scheduler.will_answer(refusal)
        answer = await gateway.call(method, PATH + path)
        assert (answer.status, answer.body["error"]["code"]) == (refusal.http_status, refusal.code)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_what_can_be_no_webhook_is_404_without_asking_for_it(
    gateway: Gateway, method: str, path: str
) -> None:
    answer = await gateway.call(method, f"/v1/webhooks/nothing{path}")
    assert (answer.status, answer.body["error"]["details"]["field"]) == (404, "id")
    assert gateway.scheduler.asked == []
