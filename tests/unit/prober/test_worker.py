from dataclasses import asdict

import pytest

from outscope.v1 import check_pb2, messages_pb2
from services.prober.facts import CheckSpec, Discovery
from services.prober.worker import spec_of

ASKED = check_pb2.CheckSpec(
    fqdn="site.test",
    ports=[443, 8443],
    paths=["/", "/x"],
    vantage_point="eu-west-1",
    include_content_sample=True,
    content_retention_days=9,
    dns_records=True,
    tls_versions=True,
    max_redirects=3,
    all_addresses=True,
    http2=True,
    discovery=check_pb2.DISCOVERY_DEEP,
)


def test_all_that_concerns_the_prober_is_taken_from_the_job() -> None:
    spec = asdict(spec_of(messages_pb2.ProbeJob(spec=ASKED)))
    of_no_concern = {"vantage_point", "content_retention_days"}
    # A job is of one vantage point.
    of_no_concern |= {"vantage_points", "all_vantage_points", "quorum"}
    assert set(spec) == set(check_pb2.CheckSpec.DESCRIPTOR.fields_by_name) - of_no_concern
    assert spec.pop("discovery") is Discovery.DEEP
    for name, value in spec.items():
        asked = getattr(ASKED, name)
        assert value == (tuple(asked) if isinstance(value, tuple) else asked)


@pytest.mark.parametrize(
    ("told", "discovery"),
    [
        (check_pb2.DISCOVERY_UNSPECIFIED, Discovery.OFF),
        (check_pb2.DISCOVERY_OFF, Discovery.OFF),
        (check_pb2.DISCOVERY_STANDARD, Discovery.STANDARD),
    ],
)
def test_nothing_more_is_requested_than_the_scheduler_tells_of(
    told: check_pb2.Discovery.ValueType, discovery: Discovery
) -> None:
    job = messages_pb2.ProbeJob(spec=check_pb2.CheckSpec(fqdn="site.test", discovery=told))
    assert spec_of(job).discovery is discovery


def test_a_job_that_asks_for_nothing_more_is_an_ordinary_one() -> None:
    plain = check_pb2.CheckSpec(fqdn="site.test", ports=[443], paths=["/"])
    assert spec_of(messages_pb2.ProbeJob(spec=plain)) == CheckSpec(fqdn="site.test", ports=(443,))


def test_no_more_redirects_are_followed_than_there_may_be() -> None:
    job = messages_pb2.ProbeJob(spec=check_pb2.CheckSpec(fqdn="site.test", max_redirects=4_000_000))
    assert spec_of(job).max_redirects == 5
