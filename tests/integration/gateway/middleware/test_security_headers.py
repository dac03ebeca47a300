import pytest

from tests.integration.gateway.conftest import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("path", ["/healthz", "/v1/check/x", "/nowhere", "/docs", "/openapi.json"])
async def test_no_answer_is_taken_for_what_it_is_not(gateway: Gateway, path: str) -> None:
    answer = await gateway.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Server" not in answer.headers


async def test_what_a_key_shows_is_never_stored(gateway: Gateway) -> None:
    answer = await gateway.get("/v1/check/x")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_there_is_one_policy(gateway: Gateway) -> None:
    answer = await gateway.get("/docs")
    policies = [name for name in answer.headers if name.lower() == "content-security-policy"]
    assert len(policies) == 1
