"""Every service stops at once when it is told what it cannot use, and says so in one line."""

import os
import subprocess
import sys

import pytest

SETTINGS = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "OUTSCOPE_SERVICE_TOKEN": "t",
    "VANTAGE_POINT": "eu-west-1",
}
SERVICES = ("gateway", "scheduler", "prober", "notifier")


def told(*command: str, **settings: str) -> str:
    """Return what a service told that ended as one ends that cannot be configured."""
    outside = {name: value for name, value in os.environ.items() if "OUTSCOPE" not in name}
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        env={**outside, **SETTINGS, **settings},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (78, "")
    return ended.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_log_level_that_does_not_exist_stops_a_service(service: str) -> None:
    assert told(f"services.{service}", OUTSCOPE_LOG_LEVEL="banana") == (
        f"{service}: OUTSCOPE_LOG_LEVEL='banana' must be one of DEBUG, INFO, WARNING, ERROR\n"
    )


@pytest.mark.parametrize("service", SERVICES[1:])
def test_a_bus_that_is_nowhere_stops_a_service(service: str) -> None:
    assert told(f"services.{service}", NATS_URL=":::bad") == (
        f"{service}: NATS_URL=':::bad' must be nats://HOST:PORT or tls://HOST:PORT\n"
    )


def test_a_prober_does_not_stand_at_a_wildcard() -> None:
    assert told("services.prober", VANTAGE_POINT="*") == (
        "prober: VANTAGE_POINT='*' must be small letters, digits and hyphens, as in eu-west-1\n"
    )


@pytest.mark.parametrize("command", [(), ("migrate",), ("keys", "list")], ids=" ".join)
def test_a_database_that_is_no_url_stops_the_scheduler_and_its_commands(
    command: tuple[str, ...],
) -> None:
    assert told("services.scheduler", *command, DATABASE_URL="nonsense") == (
        "scheduler: DATABASE_URL='nonsense' must be a Postgres URL, "
        "as in postgresql://user:password@host:5432/name\n"
    )
