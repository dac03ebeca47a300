"""The whole system on this machine, as a user starts it, and the few calls the benchmarks make."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from bench.children import CORES, finished, first_line, module_command, serving
from bench.targets.serving import Targets

VANTAGE: Final = "eu-west-1"
_READY_S: Final = 90.0
# Of Postgres only what is measured by itself: its processes share their memory.
ROLES: Final = ("gateway", "scheduler", "prober", "notifier", "nats")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A running system."""

    session: aiohttp.ClientSession
    url: str
    grpc: str
    api_key: str
    postgres: str
    folder: Path

    def pids(self, role: str) -> list[int]:
        """Return the processes of a role as they are now."""
        endpoints = json.loads((self.folder / "endpoints.json").read_text())
        return [int(pid) for pid in endpoints["pids"][role]]

    async def post(self, path: str, body: object) -> Json:
        """Return the answer to a POST that creates; anything but 201 raises."""
        async with self.session.post(path, json=body) as response:
            answer: Json = await response.json()
        if response.status != 201:
            raise RuntimeError(f"POST {path} answered {response.status}: {answer}")
        return answer

    async def page(self, query: Mapping[str, str], api_key: str | None = None) -> Json:
        """Return one page of the checks of an account, our own unless another's key is given."""
        headers = {"x-api-key": api_key or self.api_key}
        async with self.session.get("/v1/checks", params=query, headers=headers) as response:
            answer: Json = await response.json()
        if response.status != 200:
            raise RuntimeError(f"GET /v1/checks answered {response.status}: {answer}")
        return answer

    async def new_account(self, name: str) -> Json:
        """Return id, account_id and secret of a key of a new account."""
        command = module_command("services.scheduler", "keys", "create", "--name", name, "--json")
        ended = await finished(
            command, cores=frozenset(CORES), environment={"DATABASE_URL": self.postgres}
        )
        made: Json = json.loads(ended.stdout)
        return made


@asynccontextmanager
async def running_system(
    folder: Path,
    *,
    probers: int,
    targets: Targets | None = None,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[System]:
    """Run everything while the context is open, without a limit of rate."""
    options = ["--json", "--data", str(folder), "--rest-port", "0", "--grpc-port", "0"]
    options += ["--vantage", f"{VANTAGE}:{probers}", *_target_options(targets)]
    environment = {"OUTSCOPE_RATE_LIMIT": "0", "OUTSCOPE_LOG_LEVEL": "WARNING", **(settings or {})}
    async with serving(
        module_command("deploy.local", *options),
        cores=frozenset(CORES),
        environment=environment,
        log=folder.with_suffix(".log"),
    ) as process:
        told = json.loads(await first_line(process, patience_s=_READY_S))
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            told["rest"], headers={"x-api-key": told["api_key"]}, connector=connector
        ) as session:
            yield System(
                session=session,
                url=told["rest"],
                grpc=told["grpc"],
                api_key=told["api_key"],
                postgres=told["postgres"],
                folder=folder,
            )


def _target_options(targets: Targets | None) -> Sequence[str]:
    if targets is None:
        return ()
    host, port = targets.resolver
    return (
        *("--resolver", f"{host}:{port}"),
        *("--allow-net", "127.0.0.0/8"),
        *("--ca-file", str(targets.ca_file)),
    )
