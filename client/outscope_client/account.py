"""What can be asked about the account: from where it can check, and what it has used."""

from outscope_client.exchange import Call
from outscope_client.models import Usage as UsageModel
from outscope_client.models import VantagePointList
from outscope_client.resource import AsyncResource, Operation, Resource


def vantage_points() -> Call[VantagePointList]:
    """Return every vantage point, the default one first."""
    return Call("GET", "/v1/vantage-points", VantagePointList)


def usage() -> Call[UsageModel]:
    """Return what is used and left of each limit."""
    return Call("GET", "/v1/usage", UsageModel)


class _VantagePoints:
    list = Operation(vantage_points)


class VantagePoints(_VantagePoints, Resource):
    """From where targets can be checked."""


class AsyncVantagePoints(_VantagePoints, AsyncResource):
    """From where targets can be checked."""


class _Usage:
    get = Operation(usage)


class Usage(_Usage, Resource):
    """What is used of the limits."""


class AsyncUsage(_Usage, AsyncResource):
    """What is used of the limits."""
