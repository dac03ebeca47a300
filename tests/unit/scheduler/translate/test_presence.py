import pytest

from outscope.v1 import messages_pb2
from services.scheduler.domain.vantage import LiveProber, Unfitness
from services.scheduler.translate.presence import prober_in
from services.scheduler.translate.report import UndecodableError


def test_a_probers_word_is_read_within_bounds() -> None:
    word = messages_pb2.ProberPresence(
        vantage_point="mars-1",
        prober_id="p\0-1",
        version="1.2",
        has_ipv6=True,
        concurrency=70,
        tags=["continent:eu", "Continent:EU", *(f"n:{number}" for number in range(20))],
        unfit=[messages_pb2.Unfitness(part="canary", reason="x" * 1000)],
    )
    assert prober_in(word.SerializeToString()) == LiveProber(
        vantage_point="mars-1",
        prober_id="p-1",
        version="1.2",
        has_ipv6=True,
        places=70,
        tags=("continent:eu", *(f"n:{number}" for number in range(14))),
        unfit=(Unfitness(part="canary", reason="x" * 300),),
    )


@pytest.mark.parametrize(
    "word", [b"\xff", b"", messages_pb2.ProberPresence(vantage_point="*").SerializeToString()]
)
def test_what_is_no_probers_word_is_told_so(word: bytes) -> None:
    with pytest.raises(UndecodableError):
        prober_in(word)
