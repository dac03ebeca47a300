import pytest

from services.gateway.console.api import ApiAnswer
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CHECK_ID

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_answer_tells_what_it_is() -> None:
    refused = ApiAnswer(status=404, body={"error": {"code": "not_found", "message": "No"}})
    assert (refused.is_success, refused.code, refused.message) == (False, "not_found", "No")
    mute = ApiAnswer(status=502, body={})
    assert (mute.code, mute.message) == ("", "The answer was 502")
    assert ApiAnswer(status=202, body={}).is_success


async def test_a_page_asks_under_the_request_id_of_its_own(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(LookupError("a defect"))
    answer = await gateway.visit(f"/checks/{CHECK_ID}", x_request_id="mine")
    assert answer.status == 500
    assert b"internal_error; request mine" in answer.content
    assert gateway.scheduler.last.metadata["x-request-id"] == "mine"
