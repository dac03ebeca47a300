from outscope.v1 import vantage_service_pb2
from services.scheduler.domain.vantage import LiveProber, Unfitness
from services.scheduler.translate.vantage import vantage_message

AWAY = Unfitness(part="canary", reason="away")


def prober(version: str, *unfit: Unfitness, has_ipv6: bool = True) -> LiveProber:
    return LiveProber(
        vantage_point="mars-1", prober_id="p", version=version, has_ipv6=has_ipv6, unfit=unfit
    )


def test_it_is_told_who_is_there_and_what_they_complain_of() -> None:
    probers = [prober("2"), prober("1", AWAY), prober("2", AWAY)]
    assert vantage_message(
        "mars-1", probers, tags=("continent:eu",), is_private=True, queue=4, typical_wait_s=0.5
    ) == vantage_service_pb2.VantagePoint(
        name="mars-1",
        live_probers=3,
        fit_probers=1,
        faults=[vantage_service_pb2.VantageFault(part="canary", reason="away")],
        queue=4,
        typical_wait_s=0.5,
        has_ipv6=True,
        versions=["1", "2"],
        tags=["continent:eu"],
        is_private=True,
    )


def test_one_prober_without_ipv6_is_enough_for_a_check_to_be_without() -> None:
    probers = [prober("1"), prober("1", has_ipv6=False)]
    assert not vantage_message(
        "mars-1", probers, tags=(), is_private=False, queue=0, typical_wait_s=None
    ).has_ipv6


def test_where_nobody_is_nothing_is_promised() -> None:
    told = vantage_message("mars-1", [], tags=(), is_private=False, queue=0, typical_wait_s=None)
    assert told == vantage_service_pb2.VantagePoint(name="mars-1")
    assert not told.HasField("typical_wait_s")
