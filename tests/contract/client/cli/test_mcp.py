"""outscope mcp over HTTP, and what it does not serve."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from mcp import Client

from deploy.local.ports import free_port
from tests.contract.client.cli.shell import Shell
from tests.contract.client.cli.speaking import called


@contextmanager
def serving(shell: Shell, port: int) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [str(shell.folder / "bin/outscope"), "mcp", "--http", f"127.0.0.1:{port}"],
        env=shell.environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=20)


async def test_it_is_served_over_http_to_this_machine(shell: Shell) -> None:
    port = free_port()
    with serving(shell, port) as process:
        assert process.stderr
        line = await asyncio.to_thread(process.stderr.readline)
        assert line == f"outscope: serving http://127.0.0.1:{port}/mcp until Ctrl-C\n"
        async with asyncio.timeout(20):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    break
        async with Client(f"http://127.0.0.1:{port}/mcp") as client:
            assert (await called(client, "list_vantage_points"))["vantage_points"]
    assert process.returncode in {0, -15}


def test_a_page_of_another_site_cannot_reach_it(shell: Shell) -> None:
    port = free_port()
    with serving(shell, port):
        ask = (
            f"curl -s --retry 40 --retry-delay 1 --retry-connrefused -o /dev/null "
            f"-w '%{{http_code}}' http://127.0.0.1:{port}/mcp -H 'content-type: application/json' "
            "-H 'accept: application/json, text/event-stream' -d '{}'"
        )
        assert shell.run(f"{ask} -H 'host: rebound.example'").out == "421"
        assert shell.run(f"{ask} -H 'origin: https://elsewhere.example'").out == "403"


@pytest.mark.parametrize("address", ["0.0.0.0:1", "192.0.2.1:80", "shop.example:80", "127.0.0.1"])
def test_it_listens_at_addresses_of_this_machine_only(shell: Shell, address: str) -> None:
    ran = shell.run(f"outscope mcp --http {address}")
    assert (ran.code, ran.out) == (3, "")
    assert "127.0.0.1:8765" in ran.err


def test_without_a_key_it_says_so(shell: Shell) -> None:
    ran = shell.run("outscope mcp", OUTSCOPE_API_KEY="")
    assert (ran.code, "outscope login" in ran.err) == (3, True)
