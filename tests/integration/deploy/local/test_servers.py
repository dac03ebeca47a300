import asyncio
import io
import os
import signal
from pathlib import Path

import psycopg

from deploy.local.console import Console
from deploy.local.folder import Secrets
from deploy.local.options import Variables
from deploy.local.servers import (
    embedded_nats,
    embedded_postgres,
    nats_program,
    postgres_program,
)
from deploy.local.supervisor import Supervisor

SECRETS = Secrets(postgres_password="p", nats_password="n", service_token="t")


async def killed_and_back(parts: Supervisor, role: str) -> None:
    (pid,) = parts.pids(role)
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(20):
        while parts.pids(role) in ([], [pid]):
            await asyncio.sleep(0.02)


async def test_a_killed_server_comes_back_on_its_port_with_its_rows(tmp_path: Path) -> None:
    postgres, nats = embedded_postgres(tmp_path, SECRETS), embedded_nats(tmp_path, SECRETS)
    output = io.StringIO()
    parts = Supervisor(Console(output, colour=False), Variables().all())
    async with parts:
        await parts.start([postgres_program(postgres), nats_program(nats)])
        assert "[INF]" not in output.getvalue()
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (answer int)")
        await killed_and_back(parts, "postgres")
        await killed_and_back(parts, "nats")
        async with asyncio.timeout(20):
            while not (postgres.is_ready() and await asyncio.to_thread(nats.is_ready)):
                await asyncio.sleep(0.05)
        with psycopg.connect(postgres.url()) as connection:
            connection.execute("SELECT answer FROM kept")
    assert not postgres.is_ready()
    assert not nats.is_ready()
    assert not (postgres.folder / "postmaster.pid").exists()
