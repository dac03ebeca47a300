import pytest

from outscope.errors import Conflict, RateLimited
from outscope.v1 import (
    check_pb2,
    check_service_pb2,
    usage_service_pb2,
    vantage_service_pb2,
)
from tests.integration.gateway.conftest import API_KEY, Gateway
from tests.integration.gateway.recorded import CHECK_ID, OTHER_ID, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")

POINTS = vantage_service_pb2.ListVantagePointsResponse()
FORM = {"fqdn": "example.com", "ports": "443", "paths": "/\r\n/api", "once": "abc"}


async def test_a_form_creates_one_check_however_often_it_is_sent(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(check_service_pb2.CreateCheckResponse(check=pending()))
    answer = await gateway.visit("/", FORM)
    assert (answer.status, answer.headers["Location"]) == (303, f"/checks/{CHECK_ID}")
    asked = gateway.scheduler.last
    assert (list(asked.request.spec.ports), list(asked.request.spec.paths)) == (
        [443],
        ["/", "/api"],
    )
    assert asked.metadata["idempotency-key"] == "abc"


async def test_a_form_asks_several_vantage_points_with_their_quorum(gateway: Gateway) -> None:
    created = check_service_pb2.CreateCheckResponse(check=pending())
    gateway.scheduler.will_answer(created, created)
    boxes = {"place:eu-west-1": "on", "place:us-east-1": "on", "quorum": "any"}
    assert (await gateway.visit("/", {**FORM, **boxes})).status == 303
    spec = gateway.scheduler.last.request.spec
    assert list(spec.vantage_points) == ["eu-west-1", "us-east-1"]
    assert spec.quorum == check_pb2.QUORUM_ANY
    assert (await gateway.visit("/", {**FORM, **boxes, "everywhere": "on"})).status == 303
    assert gateway.scheduler.last.request.spec.all_vantage_points


async def test_a_refused_form_is_shown_again_with_its_status(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(POINTS)
    answer = await gateway.visit("/", {**FORM, "ports": "http"})
    assert answer.status == 400
    assert b'value="http"' in answer.content
    gateway.scheduler.will_answer(RateLimited("Too <many>", limit=1, retry_after_s=5), POINTS)
    answer = await gateway.visit("/", FORM)
    assert answer.status == 429
    assert b"Too &lt;many&gt;" in answer.content


async def test_a_check_is_asked_for_again_by_its_id(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(check_service_pb2.GetCheckResponse(check=pending()), POINTS)
    answer = await gateway.visit(f"/?again={CHECK_ID}")
    assert b'value="example.com"' in answer.content


async def test_a_list_goes_on_where_it_stopped(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(check_service_pb2.ListChecksResponse(checks=[pending()]))
    answer = await gateway.visit("/checks?status=pending&limit=100000")
    assert f"/checks/{CHECK_ID}".encode() in answer.content


async def test_a_check_that_has_ended_meanwhile_is_shown_as_it_is(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(Conflict("It has ended"))
    answer = await gateway.visit(f"/checks/{CHECK_ID}/cancel", {})
    assert (answer.status, answer.headers["Location"]) == (303, f"/checks/{CHECK_ID}")


async def test_the_older_check_stands_first(gateway: Gateway) -> None:
    newer, older = pending(check_id=OTHER_ID), pending(check_id=CHECK_ID)
    gateway.scheduler.will_answer(
        check_service_pb2.GetCheckResponse(check=newer),
        check_service_pb2.GetCheckResponse(check=older),
    )
    answer = await gateway.visit(f"/compare?check={OTHER_ID}&check={CHECK_ID}")
    assert answer.content.index(CHECK_ID.encode()) < answer.content.index(OTHER_ID.encode())


async def test_the_key_in_use_is_never_shown_whole(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(usage_service_pb2.GetUsageResponse())
    answer = await gateway.visit("/keys")
    assert answer.status == 200
    assert API_KEY.encode() not in answer.content
    assert API_KEY[-4:].encode() in answer.content
