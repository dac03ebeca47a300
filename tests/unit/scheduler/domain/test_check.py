from datetime import UTC, datetime

from services.scheduler.domain.check import CheckSpec, ProbeJob

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
