"""The second corpus: real servers, judged as a person would, and within what a check may ask."""

from typing import Final

import pytest

from tests.corpus.compared import accepted_differences, unaccepted
from tests.corpus.judging import median_ms
from tests.corpus.matrix import are_reached, figures, lines_of
from tests.servers.checking import Run, explained, requests_beyond
from tests.servers.server import HERE, Case, Server, servers

# Starting all of them is part of the first test.
pytestmark = pytest.mark.timeout(900)

SERVERS: Final = servers()
ACCEPTED: Final = accepted_differences(HERE / "accepted.json")
CASES: Final = [(server, case) for server in SERVERS for case in server.cases]
LEAST_MAKES: Final = 25
MOST_REQUESTS: Final = 10


@pytest.mark.parametrize(("server", "case"), CASES, ids=[case.name for _, case in CASES])
def test_a_real_server_is_judged_as_a_person_would(real: Run, server: Server, case: Case) -> None:
    if server.name in real.skipped:
        pytest.skip(f"{server.make}: {real.skipped[server.name]}")
    assert server.name not in real.broken, real.broken[server.name]
    (result,) = [each for each in real.results if each.case == case]
    known = {case.name: ACCEPTED[case.name]} if case.name in ACCEPTED else {}
    assert unaccepted([result], known) == (), "\n".join(explained(result))


def test_servers_of_enough_makes_were_checked(real: Run) -> None:
    assert len(real.makes) >= LEAST_MAKES, sorted(real.makes)


def test_the_figures_are_what_must_be_reached(real: Run) -> None:
    found = figures(real.results)
    assert are_reached(found), "\n".join(lines_of(found))


def test_no_check_asks_for_more_than_ten_beyond_its_paths(real: Run) -> None:
    asked = {each.name: requests_beyond(each.checked.facts) for each in real.results}
    assert {name: count for name, count in asked.items() if count > MOST_REQUESTS} == {}


def test_a_host_is_judged_within_a_millisecond(real: Run) -> None:
    assert median_ms([each.checked.facts for each in real.results]) < 1


def test_what_is_accepted_is_of_these_servers() -> None:
    assert sorted(ACCEPTED.keys() - {case.name for _, case in CASES}) == []
