"""Runs every server once for all tests of this folder, and prints the matrices in the end."""

import asyncio
from typing import Final

import pytest

from tests.corpus.judging import median_ms
from tests.corpus.matrix import figures, lines_of, matrices
from tests.servers.checking import Run, requests_beyond, run
from tests.servers.programs import PYTHON
from tests.servers.server import servers

_RUN: Final = pytest.StashKey[Run]()


@pytest.fixture(scope="session")
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What came of checking all servers."""
    if not (PYTHON / ".installed").exists():
        pytest.skip("no servers are installed: make real-verdicts")
    ended = asyncio.run(run(servers(), tmp_path_factory.mktemp("servers")))
    request.config.stash[_RUN] = ended
    return ended


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the matrices and figures of the run, when there was one."""
    ended = config.stash.get(_RUN, None)
    if ended is None or not ended.results:
        return
    hosts = [result.checked.facts for result in ended.results]
    most = max(map(requests_beyond, hosts))
    for line in (
        *matrices(ended.results),
        "",
        *lines_of(figures(ended.results)),
        f"makes of servers                 {len(ended.makes):6}    (at least 25)",
        f"most requests beyond the paths   {most:6}    (at most 10)",
        f"judging one host, median         {median_ms(hosts):6.2f} ms (under 1)",
    ):
        terminalreporter.write_line(line)
