import re

import pytest

from outscope.v1 import check_service_pb2
from tests.integration.gateway.conftest import API_KEY, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

SENT_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
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


@pytest.mark.parametrize("sent", [(SENT_TRACE,), (), ("none",), (SENT_TRACE, SENT_TRACE)])
async def test_one_readable_trace_reaches_the_scheduler_as_it_came(
    gateway: Gateway, sent: tuple[str, ...]
) -> None:
    gateway.scheduler.will_answer(check_service_pb2.ListChecksResponse())
    lines = "".join(f"traceparent: {trace}\r\n" for trace in sent)
    head = f"GET /v1/checks HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-api-key: {API_KEY}\r\n"
    assert (await gateway.raw(f"{head}{lines}\r\n".encode())).startswith(b"HTTP/1.1 200")
    expected = SENT_TRACE if sent == (SENT_TRACE,) else None
    assert gateway.scheduler.last.metadata.get("traceparent") == expected
