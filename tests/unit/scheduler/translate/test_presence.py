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
    assert prober_in(word.SerializeToString(), "presence.mars-1") == LiveProber(
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
        prober_in(word, "presence.*")


@pytest.mark.parametrize("place", ["presence.mars-1", "mars-1.a-prober"])
def test_a_word_is_believed_under_the_name_of_its_vantage_point(place: str) -> None:
    word = messages_pb2.ProberPresence(vantage_point="mars-1", owner="acc_1").SerializeToString()
    assert prober_in(word, place).owner == "acc_1"


@pytest.mark.parametrize("place", ["presence.mars-2", "mars-2.mars-1", "mars-2.a"])
def test_a_prober_that_speaks_for_another_vantage_point_is_not_believed(place: str) -> None:
    word = messages_pb2.ProberPresence(vantage_point="mars-1").SerializeToString()
    with pytest.raises(UndecodableError, match="of mars-1 under"):
        prober_in(word, place)
