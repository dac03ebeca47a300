import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.v1 import check_pb2
from services.gateway.schemas.check import CheckRequest
from services.gateway.schemas.request import validated
from services.gateway.translate.check import created_check, spec_message


def test_every_field_is_carried_over() -> None:
    asked = {
        "fqdn": " Example.com ",
        "ports": [8443],
        "paths": ["/a b"],
        "vantage_point": "us-east-1",
        "include_content_sample": True,
        "content_retention_days": 30,
        "dns_records": True,
        "tls_versions": True,
        "max_redirects": 5,
        "all_addresses": True,
        "http2": True,
        "discovery": "deep",
    }
    several = {"vantage_points", "all_vantage_points", "quorum"}
    assert set(asked) | several == set(check_pb2.CheckSpec.DESCRIPTOR.fields_by_name)
    assert spec_message(validated(CheckRequest, asked)) == check_pb2.CheckSpec(
        fqdn=" Example.com ",
        ports=[8443],
        paths=["/a b"],
        vantage_point="us-east-1",
        include_content_sample=True,
        content_retention_days=30,
        dns_records=True,
        tls_versions=True,
        max_redirects=5,
        all_addresses=True,
        http2=True,
        discovery=check_pb2.DISCOVERY_DEEP,
    )


def test_several_vantage_points_are_carried_over_with_their_quorum() -> None:
    asked = {"fqdn": "a.b", "vantage_points": ["eu-west-1", "continent:na"], "quorum": "all"}
    spec = spec_message(validated(CheckRequest, asked))
    assert list(spec.vantage_points) == ["eu-west-1", "continent:na"]
    assert spec.quorum == check_pb2.QUORUM_ALL
    assert not spec.all_vantage_points
    assert not spec.HasField("vantage_point")


def test_all_vantage_points_are_asked_for_without_a_name() -> None:
    spec = spec_message(validated(CheckRequest, {"fqdn": "a.b", "vantage_points": "all"}))
    assert spec.all_vantage_points
    assert list(spec.vantage_points) == []


def test_a_quorum_is_carried_over_only_when_it_was_asked_for() -> None:
    """So that one beside a single vantage point can be refused."""
    assert spec_message(validated(CheckRequest, {"fqdn": "a.b"})).quorum == 0
    asked = validated(CheckRequest, {"fqdn": "a.b", "quorum": "majority"})
    assert spec_message(asked).quorum == check_pb2.QUORUM_MAJORITY


def test_what_is_not_asked_for_is_off() -> None:
    spec = spec_message(validated(CheckRequest, {"fqdn": "example.com"}))
    assert [spec.dns_records, spec.tls_versions, spec.all_addresses, spec.http2] == [False] * 4
    assert spec.max_redirects == 0


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({}, check_pb2.DISCOVERY_STANDARD),
        ({"discovery": "off"}, check_pb2.DISCOVERY_OFF),
        ({"discovery": "standard"}, check_pb2.DISCOVERY_STANDARD),
    ],
)
def test_discovery_is_standard_unless_said_otherwise(asked: dict[str, str], sent: int) -> None:
    check = validated(CheckRequest, {"fqdn": "example.com", **asked})
    assert spec_message(check).discovery == sent


@pytest.mark.parametrize(("asked", "is_named"), [({}, False), ({"vantage_point": ""}, True)])
def test_a_vantage_point_is_sent_only_when_it_was_named(
    asked: dict[str, str], *, is_named: bool
) -> None:
    spec = spec_message(validated(CheckRequest, {"fqdn": "example.com", **asked}))
    assert spec.HasField("vantage_point") is is_named


def test_a_created_check_has_the_four_documented_fields() -> None:
    check = check_pb2.Check(
        id="chk_1",
        status=check_pb2.CHECK_STATUS_PENDING,
        created_at=Timestamp(seconds=1_776_765_600),
        spec=check_pb2.CheckSpec(fqdn="example.com"),
    )
    assert created_check(check) == {
        "id": "chk_1",
        "fqdn": "example.com",
        "status": "pending",
        "created_at": "2026-04-21T10:00:00Z",
    }
