"""Each way to the outside has one owner: the environment, the wall clock, a stranger's host.

import-linter says who may import what; these rules say who may call what.
"""

import re
from typing import Final

import pytest

from tests.architecture.conftest import Plant
from tests.architecture.tree import PRODUCT, Module, Tree, uses

ENVIRONMENT: Final = re.compile(r"os\.(environb?|getenvb?|putenv|unsetenv)(\..*)?")
ENVIRONMENT_OWNERS: Final = ("outscope/config.py",)

WALL_CLOCK: Final = re.compile(
    r"(datetime\.)?(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns|localtime|gmtime|ctime)"
)
WALL_CLOCK_OWNERS: Final = ("outscope/clock.py",)

DIALLING: Final = re.compile(
    r"aiohttp\.(ClientSession|TCPConnector|request)"
    r"|asyncio\.(open_connection|open_unix_connection)"
    r"|socket\.(socket|create_connection|getaddrinfo|gethostbyname)"
    r"|urllib\.request\..*|http\.client\..*"
    r"|.*\.(create_connection|create_datagram_endpoint|sock_connect|connect_ex|getaddrinfo"
    r"|start_tls)"
)
# Who may open a connection: netguard towards strangers; the others only towards our own parts.
DIALLING_OWNERS: Final = (
    "outscope/netguard/",
    "deploy/local/",  # waits for its own services on loopback, and reserves their ports
)
# Sockets that only listen.
LISTENING: Final = {
    "services/gateway/": re.compile(r"socket\.socket"),  # SO_REUSEPORT for its replicas
}

READS_SETTINGS: Final = re.compile(r"outscope\.config\.Environment")
SETTINGS_READERS: Final = re.compile(
    r"outscope/config\.py|services/\w+/(config|__main__)\.py|deploy/local/(demo/)?\w+\.py"
)


def calls_outside(tree: Tree, pattern: re.Pattern[str], owners: tuple[str, ...]) -> list[str]:
    return [
        f"{module.path}:{line}: {name}"
        for module in tree.below(*PRODUCT)
        if not module.path.startswith(owners)
        for line, name in sorted(set(uses(module)))
        if pattern.fullmatch(name) and not listens(module, name)
    ]


def listens(module: Module, name: str) -> bool:
    return any(
        module.path.startswith(place) and pattern.fullmatch(name)
        for place, pattern in LISTENING.items()
    )


def settings_read_elsewhere(tree: Tree) -> list[str]:
    return [
        f"{module.path}:{line}"
        for module in tree.below(*PRODUCT)
        if not SETTINGS_READERS.fullmatch(module.path)
        for line, name in module.imports()
        if READS_SETTINGS.fullmatch(name)
    ]


def test_only_config_reads_the_environment(repository: Tree) -> None:
    assert calls_outside(repository, ENVIRONMENT, ENVIRONMENT_OWNERS) == []


def test_only_the_configuration_of_a_service_reads_settings(repository: Tree) -> None:
    assert settings_read_elsewhere(repository) == []


def test_only_clock_reads_the_wall_clock(repository: Tree) -> None:
    assert calls_outside(repository, WALL_CLOCK, WALL_CLOCK_OWNERS) == []


def test_only_netguard_opens_connections_to_strangers(repository: Tree) -> None:
    assert calls_outside(repository, DIALLING, DIALLING_OWNERS) == []


@pytest.mark.parametrize(
    "source",
    [
        "import os\nx = os.environ['A']",
        "import os\nx = os.environ.get('A')",
        "from os import environ as e\nx = e['A']",
        "from os import getenv\nx = getenv('A')",
    ],
)
def test_a_look_at_the_environment_is_found(plant: Plant, source: str) -> None:
    tree = plant({"services/prober/x.py": source, "outscope/config.py": source})
    found = calls_outside(tree, ENVIRONMENT, ENVIRONMENT_OWNERS)
    assert {finding.split(":")[0] for finding in found} == {"services/prober/x.py"}


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import UTC, datetime\nx = datetime.now(UTC)",
        "import datetime as dt\nx = dt.datetime.utcnow()",
        "from datetime import date\nx = date.today()",
        "import time\nx = time.time()",
        "from time import time_ns\nx = time_ns()",
    ],
)
def test_a_look_at_the_wall_clock_is_found(plant: Plant, source: str) -> None:
    tree = plant({"services/prober/x.py": source, "outscope/clock.py": source})
    found = calls_outside(tree, WALL_CLOCK, WALL_CLOCK_OWNERS)
    assert [finding.split(":")[0] for finding in found] == ["services/prober/x.py"]


def test_a_monotonic_clock_and_a_given_moment_are_no_wall_clock(plant: Plant) -> None:
    source = (
        "import time\nfrom datetime import UTC, datetime\n"
        "a = time.monotonic()\nb = datetime.fromtimestamp(0, UTC)\n"
    )
    assert calls_outside(plant({"outscope/x.py": source}), WALL_CLOCK, ()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import socket\nsocket.create_connection(('host', 80))",
        "from asyncio import open_connection\nopen_connection('host', 80)",
        "import aiohttp\naiohttp.ClientSession()",
        "from urllib.request import urlopen\nurlopen('http://host')",
        "def dial(loop): loop.create_connection(None, 'host', 80)",
        "import asyncio\nloop = asyncio.get_running_loop()\nloop.sock_connect(None, ('host', 80))",
    ],
)
def test_a_connection_past_netguard_is_found(plant: Plant, source: str) -> None:
    tree = plant({"services/notifier/x.py": source, "outscope/netguard/x.py": source})
    found = calls_outside(tree, DIALLING, DIALLING_OWNERS)
    assert [finding.split(":")[0] for finding in found] == ["services/notifier/x.py"]


def test_a_setting_read_in_passing_is_found(plant: Plant) -> None:
    source = "from outscope.config import Environment\n"
    tree = plant({"services/prober/worker.py": source, "services/prober/config.py": source})
    assert settings_read_elsewhere(tree) == ["services/prober/worker.py:1"]
