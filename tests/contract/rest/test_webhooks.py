"""Webhooks of the running system as their owner tends them, and as nobody else can.

Every delivery is verified by the reference library.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from services.gateway.routes import OPERATIONS
from tests.e2e.conftest import Town
from tests.e2e.running import System

Json = dict[str, Any]

TOKEN: Final = "Bearer of-a-very-secret-token"
SINCE: Final = "since=2026-01-01T00:00:00Z"


@dataclass
class Endpoint:
    """Keeps what arrives, and answers with a status."""

    url: str = ""
    status: int = 200
    arrived: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.arrived.append((headers, await request.read()))
        return web.Response(status=self.status, text="as told")

    def verified(self, secret: str) -> list[Json]:
        return [Webhook(secret).verify(body, headers) for headers, body in self.arrived]


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    found = Endpoint()
    app = web.Application()
    app.router.add_post("/hook", found.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield found
    await runner.cleanup()


@pytest.fixture
def owner(system: System) -> System:
    """The system as an account of its own sees it."""
    return replace(system, first_line={**system.first_line, "api_key": system.another_key()})


async def create(system: System, endpoint: Endpoint, **fields: object) -> Json:
    body = {"url": endpoint.url, "events": ["check.*"], **fields}
    status, answer = await system.call("POST", "/v1/webhooks", body)
    assert status == 201, answer
    return answer


async def asked(system: System, method: str, path: str, body: object = None) -> Json:
    status, answer = await system.call(method, path, body)
    assert status in {200, 201, 202}, answer
    return answer


async def delivered(endpoint: Endpoint, count: int) -> None:
    async with asyncio.timeout(30):
        while len(endpoint.arrived) < count:
            await asyncio.sleep(0.05)


async def with_status(system: System, webhook_id: str, status: str, count: int) -> list[Json]:
    async with asyncio.timeout(30):
        while True:
            page = await asked(
                system, "GET", f"/v1/webhooks/{webhook_id}/deliveries?status={status}"
            )
            if len(page["data"]) == count:
                found: list[Json] = page["data"]
                return found
            await asyncio.sleep(0.05)


async def test_a_sample_is_signed_and_the_answer_to_it_shown(
    owner: System, endpoint: Endpoint
) -> None:
    webhook = await create(owner, endpoint, headers={"Authorization": TOKEN})
    endpoint.status = 418
    delivery = await asked(owner, "POST", f"/v1/webhooks/{webhook['id']}/test")
    (event,) = endpoint.verified(webhook["secret"])
    assert event["type"] == delivery["event_type"] == "webhook.test"
    ((headers, _),) = endpoint.arrived
    assert headers["webhook-id"] == delivery["message_id"]
    assert headers["authorization"] == TOKEN
    (attempt,) = delivery["attempts"]
    assert (attempt["status_code"], attempt["answer"]) == (418, "as told")
    assert (delivery["status"], delivery["next_attempt_at"]) == ("failed", None)


def is_genuine(public_key: str, headers: dict[str, str], body: bytes) -> bool:
    """Verify a delivery as a receiver does that has the public key and no secret."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signatures = headers["webhook-signature"].split()
    (v1a,) = [each.removeprefix("v1a,") for each in signatures if each.startswith("v1a,")]
    try:
        key.verify(base64.b64decode(v1a), signed)
    except InvalidSignature:
        return False
    return True


async def test_an_event_verifies_by_the_public_key_and_carries_the_headers_of_its_webhook(
    owner: System, town: Town, endpoint: Endpoint
) -> None:
    own = {"Authorization": TOKEN, "X-Tenant": "a b"}
    webhook = await create(owner, endpoint, signatures=["v1", "v1a"], headers=own)
    assert (webhook["signatures"], webhook["header_names"]) == (["v1", "v1a"], list(own))
    path = f"/v1/webhooks/{webhook['id']}"
    public_key = (await asked(owner, "GET", f"{path}/public-key"))["public_key"]
    check_id = await owner.create("signed.town.test", ports=[town.http])
    await delivered(endpoint, 1)
    ((headers, body),) = endpoint.arrived
    assert is_genuine(public_key, headers, body)
    assert not is_genuine(public_key, headers, body.replace(b"completed", b"cancelled"))
    assert not is_genuine(public_key, {**headers, "webhook-id": "evt_1"}, body)
    assert endpoint.verified(webhook["secret"])[0]["data"]["id"] == check_id
    assert {name: headers[name.lower()] for name in own} == own

    # Without v1a there is no key; with it again there is another.
    await asked(owner, "PATCH", path, {"signatures": ["v1"], "headers": {"X-Tenant": "c"}})
    assert (await owner.call("GET", f"{path}/public-key"))[0] == 409
    await asked(owner, "POST", f"{path}/test")
    await asked(owner, "PATCH", path, {"signatures": ["v1", "v1a"]})
    another = (await asked(owner, "GET", f"{path}/public-key"))["public_key"]
    await asked(owner, "POST", f"{path}/test")
    _, (without, _), (headers, body) = endpoint.arrived
    assert "v1a," not in without["webhook-signature"]
    assert (without["x-tenant"], "authorization" in without) == ("c", False)
    assert is_genuine(another, headers, body)
    assert not is_genuine(public_key, headers, body)


async def test_a_receiver_that_knows_either_secret_verifies_while_both_sign(
    owner: System, endpoint: Endpoint
) -> None:
    webhook = await create(owner, endpoint)
    path = f"/v1/webhooks/{webhook['id']}"
    rotated = await asked(owner, "POST", f"{path}/rotate-secret")
    await asked(owner, "POST", f"{path}/test")
    for secret in (webhook["secret"], rotated["secret"]):
        assert len(endpoint.verified(secret)) == 1
    last = await asked(owner, "POST", f"{path}/rotate-secret", {"overlap_hours": 0})
    endpoint.arrived.clear()
    await asked(owner, "POST", f"{path}/test")
    assert len(endpoint.verified(last["secret"])) == 1
    for secret in (webhook["secret"], rotated["secret"]):
        with pytest.raises(WebhookVerificationError):
            endpoint.verified(secret)
    assert (await asked(owner, "GET", f"{path}/secret"))["secret"] == last["secret"]


async def test_what_a_webhook_names_it_gets_and_nothing_else(
    owner: System, town: Town, endpoint: Endpoint
) -> None:
    webhook = await create(owner, endpoint, fqdn="*.shop.town.test")
    ids = [
        await owner.create(name, ports=[town.http])
        for name in ("other.town.test", "a.shop.town.test")
    ]
    for check_id in ids:
        await owner.ended(check_id)
    await delivered(endpoint, 1)
    (event,) = endpoint.verified(webhook["secret"])
    assert event["data"]["id"] == ids[1]
    changed = await asked(owner, "PATCH", f"/v1/webhooks/{webhook['id']}", {"fqdn": None})
    assert changed["fqdn"] is None
    check_id = await owner.create("other.town.test", ports=[town.http])
    await delivered(endpoint, 2)
    assert endpoint.verified(webhook["secret"])[1]["data"]["id"] == check_id


async def test_events_made_while_it_is_disabled_are_kept_and_replayed(
    owner: System, town: Town, endpoint: Endpoint
) -> None:
    webhook = await create(owner, endpoint)
    path = f"/v1/webhooks/{webhook['id']}"
    await asked(owner, "PATCH", path, {"enabled": False})
    check_id = await owner.create("kept.town.test", ports=[town.http])
    await owner.ended(check_id)
    (held,) = await with_status(owner, webhook["id"], "held", 1)
    assert (held["check_id"], held["attempts"]) == (check_id, [])
    usage = await asked(owner, "GET", "/v1/usage")
    assert [each["id"] for each in usage["webhooks"]["disabled"]] == [webhook["id"]]
    status, refused = await owner.call("POST", f"{path}/replay-missing?{SINCE}")
    assert (status, refused["error"]["code"]) == (409, "conflict")
    await asked(owner, "PATCH", path, {"enabled": True})
    assert endpoint.arrived == []
    replayed = await asked(owner, "POST", f"{path}/replay-missing?{SINCE}")
    assert replayed == {"deliveries": 1}
    await delivered(endpoint, 1)
    ((headers, _),) = endpoint.arrived
    assert headers["webhook-id"] == held["message_id"]
    assert endpoint.verified(webhook["secret"])[0]["data"]["id"] == check_id
    assert await asked(owner, "POST", f"{path}/replay-missing?{SINCE}") == {"deliveries": 0}


async def test_a_delivery_is_sent_again_under_its_id_and_what_failed_is_recovered(
    owner: System, town: Town, endpoint: Endpoint
) -> None:
    webhook = await create(owner, endpoint)
    path = f"/v1/webhooks/{webhook['id']}"
    check_id = await owner.create("again.town.test", ports=[town.http])
    (first,) = await with_status(owner, webhook["id"], "delivered", 1)
    again = await asked(owner, "POST", f"{path}/deliveries/{first['id']}/resend")
    assert again["id"] == first["id"]
    await delivered(endpoint, 2)
    assert len({headers["webhook-id"] for headers, _ in endpoint.arrived}) == 1
    assert {each["data"]["id"] for each in endpoint.verified(webhook["secret"])} == {check_id}
    (both,) = await with_status(owner, webhook["id"], "delivered", 1)
    assert [each["attempt"] for each in both["attempts"]] == [2, 1]
    assert both == await asked(owner, "GET", f"{path}/deliveries/{first['id']}")
    endpoint.status = 410
    gone_id = await owner.create("gone.town.test", ports=[town.http])
    await with_status(owner, webhook["id"], "failed", 1)
    # A test event is not sent among others.
    assert (await asked(owner, "POST", f"{path}/test"))["status"] == "failed"
    endpoint.status = 200
    await asked(owner, "PATCH", path, {"enabled": True})
    assert await asked(owner, "POST", f"{path}/recover?{SINCE}") == {"deliveries": 1}
    await with_status(owner, webhook["id"], "delivered", 2)
    assert endpoint.verified(webhook["secret"])[-1]["data"]["id"] == gone_id


async def test_a_test_event_that_is_sent_again_is_tried_once(
    owner: System, endpoint: Endpoint
) -> None:
    webhook = await create(owner, endpoint)
    endpoint.status = 503
    path = f"/v1/webhooks/{webhook['id']}"
    failed = await asked(owner, "POST", f"{path}/test")
    await asked(owner, "POST", f"{path}/deliveries/{failed['id']}/resend")
    await delivered(endpoint, 2)
    (both,) = await with_status(owner, webhook["id"], "failed", 1)
    assert [each["attempt"] for each in both["attempts"]] == [2, 1]
    assert both["next_attempt_at"] is None


OF_ONE: Final = [
    (operation.method, operation.path)
    for operation in OPERATIONS
    if operation.path.startswith("/v1/webhooks/{id}")
]
BODIES: Final[dict[str, Json]] = {"PATCH": {"enabled": False}}


async def test_every_route_of_a_webhook_is_404_to_another_account(
    owner: System, system: System, endpoint: Endpoint
) -> None:
    assert len(OF_ONE) == 12
    webhook = await create(owner, endpoint, signatures=["v1", "v1a"])
    delivery = await asked(owner, "POST", f"/v1/webhooks/{webhook['id']}/test")
    path = f"/v1/webhooks/{webhook['id']}"
    before = await asked(owner, "GET", path), await asked(owner, "GET", f"{path}/deliveries")
    for method, template in OF_ONE:
        route = template.format(id=webhook["id"], delivery_id=delivery["id"])
        status, answer = await system.call(method, f"{route}?{SINCE}", BODIES.get(method))
        if "since" not in template and status == 400:  # a query that it does not know
            status, answer = await system.call(method, route, BODIES.get(method))
        assert (method, template, status) == (method, template, 404)
        assert answer["error"]["code"] == "not_found"
    listed = await asked(system, "GET", "/v1/webhooks?limit=100")
    assert webhook["id"] not in {each["id"] for each in listed["data"]}
    after = await asked(owner, "GET", path), await asked(owner, "GET", f"{path}/deliveries")
    assert after == before
    assert len(endpoint.arrived) == 1
    accesses = (await asked(owner, "GET", f"{path}/secret"))["accesses"]
    assert [each["action"] for each in accesses] == ["read"]
