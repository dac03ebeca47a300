import pytest

from tests.integration.gateway.conftest import API_KEY, Gateway
from tests.integration.gateway.recorded import CHECK_ID

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROUTES = {
    "/v1/check": "POST",
    f"/v1/check/{CHECK_ID}": "GET, HEAD",
    "/v1/checks": "GET, HEAD",
    "/v1/checks/batch": "POST",
    "/v1/webhooks": "POST",
    "/healthz": "GET, HEAD",
    "/readyz": "GET, HEAD",
    "/metrics": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/docs": "GET, HEAD",
}


@pytest.mark.parametrize(("path", "allow"), ROUTES.items())
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"])
async def test_a_wrong_method_is_told_the_right_ones(
    gateway: Gateway, path: str, allow: str, method: str
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
