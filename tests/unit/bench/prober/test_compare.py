"""The rows of the comparison, with what was there to be measured and without."""

import pytest

from bench.prober.compare import Measured, with_lookups
from bench.prober.rate import Rate


def rate(hosts: int, cpu_s: float, peak_bytes: int = 0) -> Rate:
    return Rate(hosts=hosts, cpu_s=cpu_s, elapsed_s=2 * cpu_s, peak_bytes=peak_bytes)


def test_lookups_are_added_by_the_host_whatever_the_size_of_the_rounds() -> None:
    assert with_lookups(rate(100, 1.0), rate(1000, 5.0)).cpu_s == pytest.approx(1.5)


def test_each_side_is_compared_by_its_median() -> None:
    ours = [rate(1000, 1.0), rate(1000, 0.5), rate(1000, 4.0)]
    theirs = [rate(1000, 2.0)] * 3
    measured = Measured(
        rates={"engine": ours, "whole": theirs, "curl": theirs},
        lookups_are_added=True,
        server="nginx",
    )
    rows = {row.name: row for row in measured.rows()}
    compared = rows["prober.engine.vs_curl"]
    assert (compared.value, compared.peer, compared.ratio) == (1000, 500, 2)
    assert rows["prober.engine.cpu_s_per_1000"].value == 1.0
    assert "are added" in compared.note


def test_a_peer_that_is_not_here_has_a_row_that_says_so() -> None:
    measured = Measured(
        rates={"engine": [rate(10, 1.0)], "whole": [rate(10, 1.0)]},
        lookups_are_added=False,
        server="nginx",
    )
    rows = {row.name: row for row in measured.rows()}
    assert rows["prober.engine.vs_yardstick"].ratio is None
    assert "no C compiler here" in rows["prober.engine.vs_yardstick"].note
    assert "no nmap here" in rows["prober.engine.vs_nmap"].note
    assert not any("yardstick" in name for name in rows if name.endswith("per_1000"))


def test_without_a_compiler_the_peers_rows_say_that_they_have_their_lookups_for_free() -> None:
    measured = Measured(
        rates={side: [rate(10, 1.0)] for side in ("engine", "whole", "curl")},
        lookups_are_added=False,
        server="nginx",
    )
    note = next(row.note for row in measured.rows() if row.name == "prober.engine.vs_curl")
    assert "none are added" in note


def test_a_peer_that_looks_names_up_itself_has_a_row_that_says_so() -> None:
    measured = Measured(
        rates={side: [rate(10, 1.0)] for side in ("engine", "whole", "curl", "nmap")},
        lookups_are_added=True,
        server="nginx",
        looking_up=frozenset({"curl"}),
    )
    notes = {row.name: row.note for row in measured.rows()}
    assert "its own look-ups, two questions a host" in notes["prober.engine.vs_curl"]
    assert "are added" not in notes["prober.engine.vs_curl"]
    assert "are added" in notes["prober.engine.vs_nmap"]


def test_memory_is_the_highest_of_all_rounds() -> None:
    mib = 1024 * 1024
    rounds = [rate(10, 1.0, 5 * mib), rate(10, 1.0, 9 * mib), rate(10, 1.0, 7 * mib)]
    measured = Measured(
        rates={"engine": rounds, "whole": rounds}, lookups_are_added=False, server="nginx"
    )
    assert {row.name: row.value for row in measured.rows()}["prober.engine.peak_mib"] == 9
