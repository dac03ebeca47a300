import re

import pytest

from tests.integration.gateway.conftest import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWN_ID = re.compile(r"req_[0-9a-z]{26}")


@pytest.mark.parametrize("sent", ["a", "4bf92f3577b34da6", "x" * 128, "{!~}"])
async def test_a_sane_id_is_kept(gateway: Gateway, sent: str) -> None:
    answer = await gateway.call("GET", "/healthz", headers={"x-request-id": sent})
    assert answer.headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", "é", "a\tb"])
async def test_another_is_replaced(gateway: Gateway, sent: str) -> None:
    answer = await gateway.call("GET", "/healthz", headers={"x-request-id": sent})
    assert OWN_ID.fullmatch(answer.headers["x-request-id"])


async def test_every_request_has_an_id_of_its_own(gateway: Gateway) -> None:
    ids = {(await gateway.get("/healthz")).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


async def test_an_error_has_the_id_in_its_body(gateway: Gateway) -> None:
    answer = await gateway.call("GET", "/nowhere", headers={"x-request-id": "mine"})
    assert answer.body["error"]["request_id"] == answer.headers["x-request-id"] == "mine"
