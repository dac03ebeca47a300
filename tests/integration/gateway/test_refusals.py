import pytest

from outscope.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    InvalidRequest,
    NotFound,
    RateLimited,
    Refusal,
    Unauthorized,
    Unavailable,
)
from tests.integration.gateway.conftest import API_KEY, Gateway
from tests.integration.gateway.recorded import CHECK_ID

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    "refusal",
    [
        InvalidRequest("m", field="id", value="v"),
        Unauthorized("m"),
        Forbidden("m"),
        NotFound("m"),
        Conflict("m"),
        RateLimited("m", limit=1, retry_after_s=2),
        Unavailable("m"),
        DeadlineExceeded("m"),
    ],
)
async def test_each_refusal_has_its_row_of_the_error_table(
    gateway: Gateway, refusal: Refusal
) -> None:
    gateway.scheduler.will_answer(refusal)
    answer = await gateway.get(f"/v1/check/{CHECK_ID}")
    assert answer.status == refusal.http_status
    error = answer.body["error"]
    assert set(error) == {"code", "message", "details", "request_id"}
    assert error["code"] == refusal.code
    assert error["message"] == "m"
    assert isinstance(error["details"], dict)


async def test_a_revoked_key_is_told_how_to_authenticate(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(Unauthorized("The key was revoked"))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="outscope"'


async def test_what_is_away_for_a_moment_says_when_to_try_again(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(Unavailable("Postgres is away"))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}")
    assert answer.headers["Retry-After"] == "1"


async def test_a_caller_that_hangs_up_leaves_the_gateway_well(gateway: Gateway) -> None:
    head = b"POST /v1/check HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    key = f"x-api-key: {API_KEY}\r\n".encode()
    with pytest.raises(TimeoutError):
        await gateway.raw(head + key + b"Content-Length: 100\r\n\r\n{", wait_s=0.2)
    assert (await gateway.get("/healthz")).status == 200
