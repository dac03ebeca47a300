import pytest

from outscope.errors import Unauthorized
from outscope.v1 import vantage_service_pb2
from tests.integration.gateway.conftest import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_vantage_points_are_listed(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        vantage_service_pb2.ListVantagePointsResponse(
            vantage_points=[
                vantage_service_pb2.VantagePoint(
                    name="eu-west-1", live_probers=1, fit_probers=1, is_private=True
                )
            ]
        )
    )
    answer = await gateway.get("/v1/vantage-points")
    assert answer.status == 200
    assert answer.body == {
        "data": [
            {
                "name": "eu-west-1",
                "tags": [],
                "is_private": True,
                "live_probers": 1,
                "fit_probers": 1,
                "faults": [],
                "queue": 0,
                "typical_wait_s": None,
                "has_ipv6": False,
                "versions": [],
            }
        ]
    }


async def test_it_takes_a_key(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(Unauthorized("The API key is unknown, expired or revoked"))
    answer = await gateway.get("/v1/vantage-points")
    assert answer.status == 401


@pytest.mark.parametrize("path", ["vantage-points", "usage"])
async def test_a_parameter_is_refused_where_there_are_none(gateway: Gateway, path: str) -> None:
    answer = await gateway.get(f"/v1/{path}?x=1")
    assert (answer.status, answer.body["error"]["code"]) == (400, "invalid_request")
    assert answer.body["error"]["details"]["field"] == "x"
