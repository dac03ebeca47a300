import logging

import pytest
from starlette.types import Message, Receive, Scope, Send

from services.gateway.middleware.defects import Defects
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CHECK_ID

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_defect_is_told_without_its_detail_and_logged_once(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.scheduler.will_answer(ValueError("secret detail"))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}")
    assert answer.status == 500
    assert answer.body["error"]["code"] == "internal_error"
    assert answer.body["error"]["details"] == {}
    assert answer.body["error"]["request_id"] == answer.headers["x-request-id"]
    assert b"secret" not in answer.content
    ours = [
        record
        for record in caplog.records
        if record.name.startswith(("services.gateway", "uvicorn"))
        and record.levelno >= logging.ERROR
    ]
    assert len(ours) == 1
    assert ours[0].exc_info is not None


async def test_an_answer_already_begun_is_not_begun_again() -> None:
    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await Defects(breaks)({"type": "http", "state": {}}, nothing, send)
    assert [message["type"] for message in sent] == ["http.response.start"]
