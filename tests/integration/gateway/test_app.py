from collections.abc import Iterable

import grpc.aio
import pytest

from outscope.clock import utc_now
from outscope.errors import NotFound
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.v1 import check_service_pb2, check_service_pb2_grpc
from services.gateway.app import build_app
from services.gateway.scheduler import Scheduler
from services.gateway.server import served
from tests.integration.gateway.conftest import API_KEY, Gateway
from tests.integration.gateway.recorded import CHECK_ID, RecordedScheduler, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")

WEBHOOK_ID = "whk_01kprq4e00c5s6h9m2t8v4x3za"
ROUTES = {
    "/v1/check": "POST",
    f"/v1/check/{CHECK_ID}": "DELETE, GET, HEAD",
    "/v1/checks": "GET, HEAD",
    "/v1/checks/batch": "POST",
    f"/v1/check/{CHECK_ID}/explain": "GET, HEAD",
    f"/v1/check/{CHECK_ID}/rejudge": "POST",
    f"/v1/check/{CHECK_ID}/review": "GET, HEAD, POST",
    "/v1/checks/rejudge": "POST",
    "/v1/webhooks": "GET, HEAD, POST",
    f"/v1/webhooks/{WEBHOOK_ID}": "DELETE, GET, HEAD, PATCH",
    f"/v1/webhooks/{WEBHOOK_ID}/rotate-secret": "POST",
    f"/v1/webhooks/{WEBHOOK_ID}/secret": "GET, HEAD",
    f"/v1/webhooks/{WEBHOOK_ID}/deliveries": "GET, HEAD",
    f"/v1/webhooks/{WEBHOOK_ID}/recover": "POST",
    "/healthz": "GET, HEAD",
    "/readyz": "GET, HEAD",
    "/metrics": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/docs": "GET, HEAD",
}


WRONG = [
    (method, path, allow)
    for path, allow in ROUTES.items()
    for method in ("DELETE", "PUT", "PATCH", "OPTIONS", "TRACE")
    if method not in allow
]


@pytest.mark.parametrize(("method", "path", "allow"), WRONG)
async def test_a_wrong_method_is_told_the_right_ones(
    gateway: Gateway, method: str, path: str, allow: str
) -> None:
    answer = await gateway.call(method, path, headers={"x-api-key": None})
    assert answer.status == 405
    assert answer.headers["Allow"] == allow
    assert answer.body["error"]["code"] == "method_not_allowed"


async def test_get_where_only_post_is_known_is_a_wrong_method(gateway: Gateway) -> None:
    answer = await gateway.get("/v1/check")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v2/check", "/v1/check/", "/v1/check/a/b", "/v1/Check", "/favicon.ico", "//"],
)
@pytest.mark.parametrize("key", [API_KEY, None], ids=["key", "no key"])
async def test_an_unknown_route_is_not_found_with_or_without_a_key(
    gateway: Gateway, path: str, key: str | None
) -> None:
    answer = await gateway.call("GET", path, headers={"x-api-key": key})
    assert answer.status == 404
    assert answer.body["error"]["code"] == "not_found"
    assert answer.body["error"]["details"] == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/check"),
        ("GET", f"/v1/check/{CHECK_ID}"),
        ("GET", "/v1/checks"),
        ("POST", "/v1/checks/batch"),
        ("POST", "/v1/webhooks"),
    ],
)
@pytest.mark.parametrize(
    "key",
    [None, "", "svc_short", API_KEY[:-1] + "!", API_KEY.upper()],
    ids=["none", "empty", "short", "mistyped", "upper case"],
)
async def test_every_call_of_the_api_needs_a_key(
    gateway: Gateway, method: str, path: str, key: str | None
) -> None:
    answer = await gateway.call(method, path, headers={"x-api-key": key})
    assert answer.status == 401
    assert answer.body["error"]["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert gateway.scheduler.asked == []


async def test_a_mistyped_key_is_not_repeated(gateway: Gateway) -> None:
    answer = await gateway.call("GET", "/v1/checks", headers={"x-api-key": "svc_mistyped"})
    assert b"svc_mistyped" not in answer.content


REFUSED_BY_US = [
    ("POST", "/v1/check", {"fqdm": "example.com"}, 400),
    ("POST", "/v1/check", [], 400),
    ("GET", "/v1/check/not-an-id", None, 404),
    ("GET", "/v1/checks?limit=0", None, 400),
    ("POST", "/v1/checks/batch", {"checks": []}, 400),
    ("POST", "/v1/checks/batch", {"checks": [{}]}, 400),
    ("POST", "/v1/webhooks", {}, 400),
    ("POST", "/v1/webhooks", None, 415),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED_BY_US)
async def test_who_has_no_valid_key_is_told_that_and_not_what_else_is_wrong(
    gateway: Gateway, method: str, path: str, body: object, status: int
) -> None:
    answer = await gateway.call(method, path, json=body)
    assert (answer.status, gateway.scheduler.keys.asked) == (status, 1)
    gateway.scheduler.keys.knows_keys = False
    answer = await gateway.call(method, path, json=body)
    assert answer.status == 401
    assert answer.body["error"]["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert gateway.scheduler.asked == []


async def test_a_request_that_reaches_the_scheduler_costs_one_call(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        check_service_pb2.CreateCheckResponse(check=pending()),
        NotFound("There is no such check", field="id", value=CHECK_ID),
    )
    assert (await gateway.post("/v1/check", {"fqdn": "example.com"})).status == 201
    assert (await gateway.get(f"/v1/check/{CHECK_ID}")).status == 404
    assert len(gateway.scheduler.asked) == 2
    assert gateway.scheduler.keys.asked == 0


async def test_an_older_scheduler_that_cannot_tell_a_key_changes_no_answer(
    gateway: Gateway,
) -> None:
    def add_checks_only(server: grpc.aio.Server) -> Iterable[str]:
        check_service_pb2_grpc.add_CheckServiceServicer_to_server(RecordedScheduler(), server)
        return ["outscope.v1.CheckService"]

    async with (
        serve(("127.0.0.1", 0), add_checks_only) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}") as channel,
        served(
            build_app(Scheduler(channel, deadline_s=5), utc_now), ("127.0.0.1", 0), drain_s=1
        ) as port,
    ):
        older = Gateway(port, gateway.session, gateway.scheduler)
        assert (await older.post("/v1/check", {})).status == 400
