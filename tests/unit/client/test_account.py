"""What is asked about the account."""

from outscope_client.account import usage, vantage_points

from services.gateway.schemas.usage import USAGE_EXAMPLE
from services.gateway.schemas.vantage_point import VANTAGE_POINTS_EXAMPLE
from tests.unit.client.stepping import reply, run, settings


def test_usage_and_vantage_points_are_read_as_documented() -> None:
    used = run(usage(), iter([reply(200, USAGE_EXAMPLE)]), settings())
    assert used.requests[0].path == "/v1/usage"
    assert used.result.in_flight.remaining == 988
    points = run(vantage_points(), iter([reply(200, VANTAGE_POINTS_EXAMPLE)]), settings())
    assert points.requests[0].path == "/v1/vantage-points"
    assert points.result.data[0].faults[0].part == "canary"
