from dataclasses import replace

import pytest

from services.prober.check import Checked
from services.prober.facts import HostFacts, OutcomeCode, PathFacts
from services.prober.judge.decide import verdict_for
from tests.servers.checking import Result, Run, explained, is_out_of_time, requests_beyond
from tests.servers.server import servers
from tests.unit.prober.judge.shapes import answer, followed, host, redirect, unanswered

(FILES,) = [server for server in servers() if server.name == "http_server"]
(CASE,) = FILES.cases
LISTING = answer(200, '<title>Directory listing for /</title><a href="a.txt">a.txt</a>')
MISSING = answer(404, "gone", path="/k3v9x0q2m7t5w8r1b6zd")


def result(facts: HostFacts) -> Result:
    return Result(server=FILES, case=CASE, checked=Checked(facts=facts, verdict=verdict_for(facts)))


def test_what_a_person_says_otherwise_is_told_in_words() -> None:
    assert result(host(LISTING)).differences == ()
    wrong = result(host(answer(200, "<title>Shop</title><p>Shoes</p>")))
    assert wrong.differences == ("kind",)
    assert str(wrong).startswith("http_server/front: kind is website, not static_files (")
    assert any("content.served" in line for line in explained(wrong))


def test_makes_are_counted_once() -> None:
    both = (result(host(LISTING)), result(host(MISSING)))
    assert Run(results=both, skipped={}, broken={}).makes == {"http.server"}


@pytest.mark.parametrize(
    ("facts", "count"),
    [
        (host(LISTING), 0),
        (replace(host(LISTING), control=MISSING), 1),
        (replace(host(LISTING), control=MISSING, discovered=(MISSING, MISSING)), 3),
        (replace(host(LISTING), discovered=(followed(redirect("/x"), LISTING),)), 2),
        (host(followed(redirect("/x"), LISTING)), 0),
    ],
)
def test_requests_beyond_the_paths_are_counted_with_their_redirects(
    facts: HostFacts, count: int
) -> None:
    assert requests_beyond(facts) == count


def test_the_request_to_another_port_counts_too() -> None:
    facts = host(LISTING)
    there = replace(facts.ports[0], port=8080, probe=replace(LISTING, url="http://x.test:8080/"))
    here = replace(facts.ports[0], probe=LISTING)
    assert requests_beyond(replace(facts, ports=(here, there))) == 1


def test_a_second_look_at_a_port_counts_too() -> None:
    facts = host(LISTING)
    again = replace(facts.ports[0], probe=LISTING, attempts=2)
    assert requests_beyond(replace(facts, ports=(again,))) == 1


@pytest.mark.parametrize(
    ("path", "is_late"),
    [
        (LISTING, False),
        (unanswered(OutcomeCode.HTTP_TIMEOUT, "/"), True),
        (unanswered(OutcomeCode.HTTP_RESET, "/"), False),
    ],
)
def test_an_answer_that_did_not_come_in_time_is_no_verdict(
    path: PathFacts, *, is_late: bool
) -> None:
    assert is_out_of_time(host(path)) is is_late
