"""A scheduler and probers as processes of their own, each prober behind a wire that can be cut."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
import nats

from deploy.local.ports import free_port
from services.scheduler.store.database import Database, open_database
from services.scheduler.store.webhooks import insert_webhook
from tests.e2e.running import REPOSITORY
from tests.integration.scheduler.driving import Caller, calling, make_key, rows

READY_WITHIN_S = 30.0
TAKEN_WITHIN_S = 15.0
VANTAGE = "eu-west-1"
_IS_MIGRATED = "SELECT to_regclass('idempotency_keys') IS NOT NULL"


class Wire:
    """Forwards TCP connections to one port, until it is cut or silent."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._passes = asyncio.Event()
        self._passes.set()

    async def open(self, host: str = "127.0.0.1") -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._carry, host, 0)
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Break what is connected, and let nobody connect."""
        self._is_cut = True
        for end in tuple(self._ends):
            end.transport.abort()

    def silence(self) -> None:
        """Pass nothing on in either direction, and close nothing; who connects is not answered."""
        self._passes.clear()

    def mend(self) -> None:
        self._is_cut = False
        self._passes.set()

    async def close(self) -> None:
        self.cut()
        self._server.close()
        await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        self._ends |= {writer, back}
        try:
            await asyncio.gather(
                _pump(reader, back, self._passes), _pump(there, writer, self._passes)
            )
        finally:
            for end in (writer, back):
                end.transport.abort()
                self._ends.discard(end)


async def _listening(port: int) -> None:
    """Return when somebody takes connections on a port."""
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: asyncio.Event
) -> None:
    with contextlib.suppress(OSError):
        while block := await reader.read(65536):
            await passes.wait()
            writer.write(block)
            await writer.drain()
    writer.transport.abort()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process, and where it tells of itself."""

    process: subprocess.Popen[bytes]
    health: str

    def send(self, signum: signal.Signals) -> None:
        self.process.send_signal(signum)

    def kill(self) -> None:
        """End it as kill -9 does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    async def ready(self) -> None:
        """Return when the service says that it is."""
        async with asyncio.timeout(READY_WITHIN_S), aiohttp.ClientSession() as session:
            while True:
                assert self.process.poll() is None, f"ended with {self.process.returncode}"
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{self.health}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)

    async def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.health}/metrics") as answer,
        ):
            lines = (await answer.text()).splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith((f"{name} ", f"{name}{{"))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prober:
    """A prober, and the wire between it and the bus."""

    service: Service
    wire: Wire


class Fleet:
    """Starts services, creates checks, and looks at what became of them."""

    def __init__(
        self, folder: Path, *, nats_url: str, database_url: str, settings: dict[str, str]
    ) -> None:
        self.nats_url = nats_url
        self._database_url = database_url
        self._folder = folder
        self._settings = settings
        self._stack = AsyncExitStack()
        self.scheduler: Service
        self.database: Database
        self.caller: Caller
        self.account_id = ""

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def _open(self) -> None:
        grpc_port = free_port()
        self.scheduler = self._start(
            "scheduler",
            DATABASE_URL=self._database_url,
            NATS_URL=self.nats_url,
            OUTSCOPE_SERVICE_TOKEN="token",
            OUTSCOPE_GRPC_LISTEN=f"127.0.0.1:{grpc_port}",
            OUTSCOPE_RATE_LIMIT="0",
            OUTSCOPE_VANTAGE_PATIENCE="10",
        )
        await self.scheduler.ready()
        self.database = await self._stack.enter_async_context(open_database(self._database_url))
        async with asyncio.timeout(READY_WITHIN_S):
            while await rows(self.database, _IS_MIGRATED) != [(True,)]:
                await asyncio.sleep(0.05)
        await _listening(grpc_port)
        key, _, self.account_id = await make_key(self.database)
        self.caller = await self._stack.enter_async_context(calling(f"127.0.0.1:{grpc_port}", key))
        async with self.database.transaction() as connection:
            await insert_webhook(
                connection,
                webhook_id="whk_1",
                account_id=self.account_id,
                url="https://hook.test/",
                events=["check.completed", "check.failed"],
                secret="whsec_",
            )

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _start(self, name: str, **settings: str) -> Service:
        port = free_port()
        log = self._stack.enter_context((self._folder / f"{name}-{port}.log").open("wb"))
        environment = {
            **os.environ,
            "OUTSCOPE_HEALTH_LISTEN": f"127.0.0.1:{port}",
            **self._settings,
            **settings,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", f"services.{name}"],
            cwd=REPOSITORY,
            env=environment,
            stdout=log,
            stderr=log,
        )
        service = Service(process=process, health=f"http://127.0.0.1:{port}")
        self._stack.callback(service.kill)
        return service

    def operator(self, *words: str) -> Any:  # noqa: ANN401 - the command's JSON
        """Do what an operator types at the scheduler's command line."""
        done = subprocess.run(
            [sys.executable, "-m", "services.scheduler", *words, "--json"],
            cwd=REPOSITORY,
            env={**os.environ, "DATABASE_URL": self._database_url, "NATS_URL": self.nats_url},
            capture_output=True,
            check=True,
        )
        return json.loads(done.stdout)

    async def prober(self, **settings: str) -> Prober:
        """Start one; return when it is ready."""
        prober = await self.started_prober(**settings)
        await prober.service.ready()
        return prober

    async def started_prober(self, **settings: str) -> Prober:
        """Start one."""
        server = urlsplit(self.nats_url)
        assert server.port is not None
        wire = Wire(server.port)
        port = await wire.open()
        self._stack.push_async_callback(wire.close)
        location = server.netloc.rpartition(":")[0]
        service = self._start(
            "prober",
            NATS_URL=server._replace(netloc=f"{location}:{port}").geturl(),
            **{"VANTAGE_POINT": VANTAGE, **settings},
        )
        return Prober(service=service, wire=wire)

    async def check(self, fqdn: str, port: int, **fields: Any) -> str:  # noqa: ANN401 - any field
        """Create a check of one port and no more; return its id."""
        check = await self.caller.create(fqdn, ports=[port], vantage_point=VANTAGE, **fields)
        return check.id

    async def in_work(self, count: int = 1) -> None:
        """Return when as many jobs are with probers."""
        client = await nats.connect(self.nats_url)
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(nats.js.errors.NotFoundError):
                    found = await client.jetstream().consumer_info("JOBS", f"prober-{VANTAGE}")
                    if found.num_ack_pending == count:
                        break
                await asyncio.sleep(0.05)
        await client.close()

    async def row(self, check_id: str) -> tuple[Any, ...]:
        """What the rows say of a check: status, reason, owner, state, attempt and result."""
        (found,) = await rows(
            self.database,
            "SELECT status, checks.failure_reason, checks.failure_owner, state, attempt, result"
            " FROM checks JOIN probes ON check_id = checks.id WHERE checks.id = %s",
            check_id,
        )
        return found

    async def ended(self, check_id: str, within_s: float = 60.0) -> tuple[Any, ...]:
        """The same, once the check has ended."""
        async with asyncio.timeout(within_s):
            while (found := await self.row(check_id))[0] == "pending":
                await asyncio.sleep(0.05)
        return found

    async def lost_attempts(self, check_id: str) -> int:
        """How many attempts at a check were lost."""
        ((lost,),) = await rows(
            self.database, "SELECT cardinality(lost) FROM probes WHERE check_id = %s", check_id
        )
        return int(lost)

    async def events(self, check_id: str) -> list[str]:
        """The events that tell of a check."""
        found = await rows(
            self.database,
            "SELECT event_type FROM webhook_deliveries WHERE check_id = %s",
            check_id,
        )
        return [event for (event,) in found]


@asynccontextmanager
async def fleet_on(
    folder: Path, *, nats_url: str, database_url: str, settings: dict[str, str]
) -> AsyncIterator[Fleet]:
    """A scheduler and what is started beside it, all ended at the end."""
    fleet = Fleet(folder, nats_url=nats_url, database_url=database_url, settings=settings)
    async with fleet:
        yield fleet
