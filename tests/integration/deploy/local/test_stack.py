import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.privileges import as_ordinary_user
from tests.integration.deploy.local.conftest import (
    LocalSystem,
    all_pids,
    call,
    is_alive,
    is_listening,
    local_command,
    local_system,
    ports_of,
    until,
)

ROLES = ["gateway", "scheduler", "prober", "notifier", "nats", "postgres"]
CHECK = {"fqdn": "shop.example.com", "ports": [443]}


class Running:
    """A system with two gateways and two schedulers, and where it is."""

    def __init__(self, system: LocalSystem, folder: Path) -> None:
        self.system = system
        self.folder = folder
        self.endpoints = system.endpoints()

    @property
    def published(self) -> dict[str, Any]:
        published: dict[str, Any] = json.loads((self.folder / "endpoints.json").read_text())
        return published

    def kill(self, role: str) -> None:
        """Kill the first process of a role and return once there is another."""
        killed = self.published["pids"][role][0]
        expected = len(self.endpoints["pids"][role])
        os.kill(killed, signal.SIGKILL)

        def is_replaced() -> bool:
            pids = self.published["pids"][role]
            return len(pids) == expected and killed not in pids

        until(is_replaced, f"another {role}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("local")
    options = ("--json", "--gateways", "2", "--schedulers", "2", "--vantage", "eu-west-1:2")
    command = local_command(folder / "system", *options)
    with local_system(command, repository, folder / "log") as system:
        yield Running(system, folder / "system")


def test_the_first_line_tells_everything_and_is_kept_in_a_file(running: Running) -> None:
    endpoints = running.endpoints
    assert sorted(endpoints) == ["api_key", "grpc", "nats", "pids", "postgres", "rest"]
    assert sorted(endpoints["pids"]) == sorted(ROLES)
    counts = {role: len(pids) for role, pids in endpoints["pids"].items()}
    assert counts == {
        "gateway": 2,
        "scheduler": 2,
        "prober": 2,
        "notifier": 1,
        "nats": 1,
        "postgres": 1,
    }
    assert all(is_alive(pid) for pid in all_pids(endpoints))
    assert all(is_listening(port) for port in ports_of(endpoints))
    assert running.published == endpoints


def test_the_key_opens_the_api(running: Running) -> None:
    created = call(running.endpoints, "/v1/check", CHECK)
    assert call(running.endpoints, f"/v1/check/{created['id']}")["fqdn"] == "shop.example.com"


def test_what_is_secret_is_readable_by_its_owner_only(running: Running) -> None:
    for name in ("endpoints.json", "api-key.json", "secrets.json"):
        assert stat.S_IMODE((running.folder / name).stat().st_mode) == 0o600


def test_a_second_run_on_the_same_folder_is_refused_in_one_line(
    running: Running, repository: Path
) -> None:
    refused = subprocess.run(
        local_command(running.folder),
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "in use by another run" in refused.stderr
    assert (running.folder / "endpoints.json").exists()


@pytest.mark.parametrize("option", ["--rest-port", "--grpc-port"])
def test_a_port_in_use_is_told_in_one_line(
    running: Running, repository: Path, tmp_path: Path, option: str
) -> None:
    address = running.endpoints["rest" if option == "--rest-port" else "grpc"]
    port = address.rpartition(":")[2]
    refused = subprocess.run(
        local_command(tmp_path / "other", option, port),
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr == (
        f"outscope: port {port} is in use: stop what uses it, or choose with {option}\n"
    )


@pytest.mark.parametrize("role", ROLES)
def test_what_is_killed_is_started_again_and_the_system_goes_on(
    running: Running, role: str
) -> None:
    running.kill(role)
    addresses = {name: running.published[name] for name in ("rest", "grpc", "postgres", "nats")}
    assert addresses.items() <= running.endpoints.items()

    def creates() -> bool:
        try:
            return bool(call(running.endpoints, "/v1/check", CHECK)["id"])
        except OSError:
            return False

    until(creates, f"checks are created again after a {role} was killed")


def test_a_stop_leaves_nothing_and_the_next_start_finds_all(
    running: Running, repository: Path, tmp_path: Path
) -> None:
    created = call(running.endpoints, "/v1/check", CHECK)
    last = running.published
    assert running.system.end(signal.SIGINT) == 0
    assert not [pid for pid in all_pids(last) if is_alive(pid)]
    assert not [port for port in ports_of(last) if is_listening(port)]
    assert not (running.folder / "endpoints.json").exists()
    command = as_ordinary_user(local_command(running.folder, "--json"))
    with local_system(command, repository, tmp_path / "log") as again:
        endpoints = again.endpoints()
        assert endpoints["api_key"] == running.endpoints["api_key"]
        assert call(endpoints, f"/v1/check/{created['id']}")["id"] == created["id"]
        kill_supervisor(again, endpoints)


def kill_supervisor(system: LocalSystem, endpoints: dict[str, Any]) -> None:
    """However it ends, nothing is left: not even after the one that would clean up was killed."""
    assert system.end(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not [pid for pid in all_pids(endpoints) if is_alive(pid)], "no process")
    # A killed process counts as gone once its first thread is; its ports go with the last one.
    until(lambda: not [port for port in ports_of(endpoints) if is_listening(port)], "no port")
