from outscope.v1 import vantage_service_pb2
from services.gateway.schemas.vantage_point import VANTAGE_POINTS_EXAMPLE
from services.gateway.translate.vantage_point import vantage_point_list


def test_every_field_is_told() -> None:
    told = vantage_service_pb2.ListVantagePointsResponse(
        vantage_points=[
            vantage_service_pb2.VantagePoint(
                name="eu-west-1",
                tags=["asn:16509", "continent:eu", "provider:aws"],
                live_probers=3,
                fit_probers=2,
                faults=[
                    vantage_service_pb2.VantageFault(
                        part="canary",
                        reason="canary.example.com:443 cannot be reached (filtered)",
                    )
                ],
                queue=12,
                typical_wait_s=0.0801,
                has_ipv6=True,
                versions=["0.1.0"],
            ),
            vantage_service_pb2.VantagePoint(name="us-east-1", tags=["continent:na"]),
        ]
    )
    assert vantage_point_list(told) == VANTAGE_POINTS_EXAMPLE
