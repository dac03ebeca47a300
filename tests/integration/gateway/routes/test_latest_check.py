import pytest

from outscope.errors import InvalidRequest, NotFound
from outscope.v1 import check_pb2, check_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CHECK_ID, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")


def found() -> check_service_pb2.GetLatestCheckResponse:
    check = pending()
    check.status = check_pb2.CHECK_STATUS_COMPLETED
    return check_service_pb2.GetLatestCheckResponse(check=check)


async def test_the_latest_check_of_a_name_is_shown_and_where_it_is(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(found(), found())
    answer = await gateway.get("/v1/check/latest?fqdn=Example.COM.")
    assert answer.status == 200
    assert (answer.body["id"], answer.body["status"]) == (CHECK_ID, "completed")
    assert answer.headers["Content-Location"] == f"/v1/check/{CHECK_ID}"
    assert gateway.scheduler.last.request.fqdn == "Example.COM."
    assert gateway.scheduler.last.request.vantage_point == ""
    held = {"If-None-Match": answer.headers["ETag"]}
    again = await gateway.call("GET", "/v1/check/latest?fqdn=Example.COM.", headers=held)
    assert (again.status, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "fqdn"),
        ("?fqdn=", "fqdn"),
        ("?fqdn=a.test&fqdn=b.test", "fqdn"),
        ("?fdqn=a", "fdqn"),
        ("?fqdn=a.test&vantage_point=", "vantage_point"),
        ("?fqdn=a.test&vantage=x", "vantage"),
    ],
)
async def test_it_takes_one_name(gateway: Gateway, query: str, field: str) -> None:
    answer = await gateway.get(f"/v1/check/latest{query}")
    assert (answer.status, answer.body["error"]["details"]["field"]) == (400, field)
    assert not gateway.scheduler.asked


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotFound("No check of a.test has completed", field="fqdn", value="a.test"), 404),
        (InvalidRequest("This is a URL", field="fqdn", value="https://a.test"), 400),
    ],
)
async def test_what_the_scheduler_refuses_is_passed_on(
    gateway: Gateway, refusal: Exception, status: int
) -> None:
    gateway.scheduler.will_answer(refusal)
    answer = await gateway.get("/v1/check/latest?fqdn=a.test")
    assert (answer.status, answer.body["error"]["details"]["field"]) == (status, "fqdn")


async def test_it_is_asked_for_from_one_vantage_point(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(found())
    answer = await gateway.get("/v1/check/latest?fqdn=a.test&vantage_point=us-east-1")
    assert answer.status == 200
    assert gateway.scheduler.last.request.vantage_point == "us-east-1"


async def test_other_methods_of_it_are_told_those_it_has(gateway: Gateway) -> None:
    answer = await gateway.call("DELETE", "/v1/check/latest?fqdn=a.test")
    assert answer.status in {404, 405}
