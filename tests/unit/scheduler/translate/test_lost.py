import pytest

from services.scheduler.translate.lost import LostJob, lost_job_in
from services.scheduler.translate.report import UndecodableError

# As NATS 2.15 says it.
ADVISORY = (
    b'{"type":"io.nats.jetstream.advisory.v1.max_deliver","id":"hEvvyeHNkOVKJTSwhPtq3X",'
    b'"timestamp":"2026-11-26T00:08:32.687757869Z","stream":"JOBS","consumer":"prober-eu-west-1",'
    b'"stream_seq":3,"deliveries":1}'
)


def test_the_server_tells_which_job_was_lost() -> None:
    assert lost_job_in(ADVISORY) == LostJob(consumer="prober-eu-west-1", sequence=3)


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[]", b"{}", b'{"consumer":"c"}', b"7"])
def test_anything_else_is_no_word_of_a_lost_job(payload: bytes) -> None:
    with pytest.raises(UndecodableError):
        lost_job_in(payload)
