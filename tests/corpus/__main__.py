"""Judges the corpus of recorded shapes: prints the matrices, fails on what nobody accepted.

`python -m tests.corpus` is `make verdicts`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.corpus import wafw00f_peer
from tests.corpus.compared import accepted_differences, unaccepted
from tests.corpus.comparison import (
    Tally,
    by_the_judge,
    compared_hosts,
    tally,
    with_known_vendors,
)
from tests.corpus.judging import ACCEPTED, Judged, judged, median_ms
from tests.corpus.loader import ROOT, CorpusError, cases
from tests.corpus.matrix import figures, lines_of, matrices


def main(root: Path = ROOT, accepted: Path = ACCEPTED) -> int:
    """Judge the cases below a folder and tell how it went; return the exit code."""
    try:
        found = cases(root)
    except CorpusError as error:
        return _fail(str(error))
    everything = [judged(case) for case in found]
    hosts = [case.host for case in found]
    _say(*matrices(everything), "", *lines_of(figures(everything)))
    _say(f"judging one host, median         {median_ms(hosts):6.2f} ms (under 1)", "")
    _say(*_comparison(everything), "")
    known = accepted_differences(accepted)
    lines = unaccepted(everything, known)
    if lines:
        return _fail(*lines, f"{len(lines)} differences that nobody accepted")
    _say(
        f"no difference beyond the {len(known)} cases of accepted.json",
        "the second corpus is of real servers: make real-verdicts",
    )
    return 0


def _comparison(everything: Sequence[Judged]) -> list[str]:
    """Return how often each side names the right one in front."""
    if not wafw00f_peer.is_installed():
        rows = [_row("judge", tally(everything, by_the_judge)), wafw00f_peer.NOT_INSTALLED]
        return [*_heading("who is in front", everything), *rows]
    known = with_known_vendors(everything, wafw00f_peer.vendors_known_to_it())
    return [
        *_heading("who is in front", everything),
        *_both_rows(everything),
        "",
        *_heading("of these, whom wafw00f has a plugin for", known),
        *_both_rows(known),
    ]


def _heading(title: str, everything: Sequence[Judged]) -> list[str]:
    somebody, nobody = compared_hosts(everything)
    return [
        f"{title}: {somebody} hosts with somebody, {nobody} with nobody",
        "          right  wrong  missed  false alarms",
    ]


def _both_rows(everything: Sequence[Judged]) -> list[str]:
    theirs = tally(everything, lambda one: wafw00f_peer.vendors_by_wafw00f(one.case.host))
    return [_row("judge", tally(everything, by_the_judge)), _row("wafw00f", theirs)]


def _row(name: str, count: Tally) -> str:
    return f"{name:<10}{count.right:5}{count.wrong:7}{count.missed:8}{count.false_alarms:14}"


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _fail(*lines: str) -> int:
    _say(*lines)
    return 1


if __name__ == "__main__":
    sys.exit(main())
