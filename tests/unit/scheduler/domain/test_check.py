from dataclasses import replace
from datetime import UTC, datetime

from services.scheduler.domain.check import CheckOptions, CheckSpec, NewCheck, ProbeJob, Quorum

SPEC = CheckSpec(
    fqdn="example.com",
    ports=(443,),
    paths=("/",),
    vantage_point="eu-west-1",
    include_content_sample=False,
    content_retention_days=7,
)


def test_each_attempt_has_a_message_id_of_its_own() -> None:
    first, second = (
        ProbeJob(
            probe_id="prb_1",
            check_id="chk_1",
            attempt=attempt,
            spec=SPEC,
            deadline_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for attempt in (1, 2)
    )
    assert first.message_id == "prb_1-1"
    assert second.message_id == "prb_1-2"


def test_a_check_from_several_has_a_probe_at_each_that_knows_of_no_other() -> None:
    options = CheckOptions(http2=True, vantage_points=("us-east-1", "eu-west-1"), quorum=Quorum.ANY)
    spec = replace(SPEC, vantage_point="us-east-1", options=options)
    check = NewCheck(
        id="chk_1", probe_id="prb_1", account_id="a", spec=spec, further_probe_ids=("prb_2",)
    )
    assert list(check.probes()) == [("us-east-1", "prb_1"), ("eu-west-1", "prb_2")]
    assert spec.at("eu-west-1") == replace(SPEC, options=CheckOptions(http2=True))


def test_a_check_from_one_has_one_probe_and_is_carried_out_as_it_is() -> None:
    check = NewCheck(id="chk_1", probe_id="prb_1", account_id="a", spec=SPEC)
    assert list(check.probes()) == [("eu-west-1", "prb_1")]
    assert SPEC.at("eu-west-1") is SPEC
