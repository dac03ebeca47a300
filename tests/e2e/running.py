"""The whole system as a user starts it, and the few calls the tests make of it."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp

REPOSITORY = Path(__file__).parents[2]
READY_WITHIN_S = 60
STOP_WITHIN_S = 30

Json = dict[str, Any]
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass
class System:
    """A running system: its addresses, its processes, and REST calls with its key."""

    process: subprocess.Popen[str]
    folder: Path
    first_line: Json

    @property
    def rest(self) -> str:
        return str(self.first_line["rest"])

    @property
    def grpc(self) -> str:
        return str(self.first_line["grpc"])

    @property
    def api_key(self) -> str:
        return str(self.first_line["api_key"])

    def pids(self, kind: str) -> list[int]:
        """The processes of one kind as they are now."""
        endpoints = json.loads((self.folder / "endpoints.json").read_text())
        return [int(pid) for pid in endpoints["pids"][kind]]

    def another_key(self) -> str:
        """A key of a new account, made as an operator makes it."""
        command = [sys.executable, "-m", "services.scheduler", "keys", "create", "--json"]
        made = subprocess.run(
            [*command, "--name", "another"],
            cwd=REPOSITORY,
            env={**os.environ, "DATABASE_URL": str(self.first_line["postgres"])},
            capture_output=True,
            check=True,
        )
        return str(json.loads(made.stdout)["secret"])

    async def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] = NO_HEADERS
    ) -> tuple[int, Json]:
        """One REST call with the key; the status and the decoded answer."""
        async with (
            aiohttp.ClientSession(headers={"x-api-key": self.api_key}) as session,
            session.request(method, self.rest + path, json=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    async def create(self, fqdn: str, **spec: object) -> str:
        """Create a check; its id."""
        status, answer = await self.call("POST", "/v1/check", {"fqdn": fqdn, **spec})
        assert status == 201, answer
        return str(answer["id"])

    async def create_persistently(self, checks: list[Json], within_s: float = 60) -> list[str]:
        """Create a batch, trying again while the system says 5xx or hangs up; the ids."""
        async with asyncio.timeout(within_s):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    status, answer = await self.call("POST", "/v1/checks/batch", {"checks": checks})
                    if status < 500:
                        assert status == 201, answer
                        return [each["id"] for each in answer["created"]]
                await asyncio.sleep(0.2)

    async def check(self, check_id: str) -> Json:
        """One check as GET returns it now."""
        status, answer = await self.call("GET", f"/v1/check/{check_id}")
        assert status == 200, answer
        return answer

    async def ended(self, check_id: str, within_s: float = 60) -> Json:
        """One check, once it has ended; calls that fail on the way are repeated."""
        async with asyncio.timeout(within_s):
            while True:
                with contextlib.suppress(aiohttp.ClientError, AssertionError):
                    answer = await self.check(check_id)
                    if answer["status"] != "pending":
                        return answer
                await asyncio.sleep(0.05)

    async def all_checks(self) -> AsyncIterator[Json]:
        """Every check of the account, newest first, page by page."""
        cursor = ""
        while True:
            status, page = await self.call("GET", f"/v1/checks?limit=100{cursor}")
            assert status == 200, page
            for each in page["data"]:
                yield each
            if not page["pagination"]["has_more"]:
                return
            cursor = f"&cursor={page['pagination']['next_cursor']}"


@contextlib.contextmanager
def running_system(folder: Path, *options: str, **settings: str) -> Iterator[System]:
    """Start python -m deploy.local with free ports, and stop it as Ctrl-C does."""
    command = [sys.executable, "-m", "deploy.local", "--json", "--data", str(folder)]
    command += ["--rest-port", "0", "--grpc-port", "0", *options]
    environment = {**os.environ, "OUTSCOPE_RATE_LIMIT": "0", **settings}
    folder.mkdir(parents=True, exist_ok=True)
    with (
        (folder / "system.log").open("w") as log,
        subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            yield System(process, folder, _first_line(process, folder))
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _first_line(process: subprocess.Popen[str], folder: Path) -> Json:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (folder / "system.log").read_text()[-4000:]
    first: Json = json.loads(line)
    return first
