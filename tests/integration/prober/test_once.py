"""A check without a server: a process that prints it and ends."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass

import pytest

from tests.targets.dns import serve_dns
from tests.targets.http import HttpServer, response
from tests.targets.serve import own_address, serve

NAME = "once.test"


@dataclass(frozen=True)
class Ran:
    code: int | None
    out: str
    err: str


async def ran(*arguments: str, **settings: str) -> Ran:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.prober", *arguments),
        env={"PATH": os.environ["PATH"], "OUTSCOPE_ALLOW_NET": "127.0.0.0/8", **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Ran(process.returncode, out.decode(), err.decode())


async def test_a_check_is_printed_and_the_target_is_asked_once() -> None:
    host, server = own_address(), HttpServer({"/": response(200, b"<title>Shop</title>")})
    async with serve_dns({NAME: (host,)}) as (dns, dns_port), serve(server, host=host) as port:
        found = await ran(NAME, f"--port={port}", OUTSCOPE_RESOLVERS=f"{dns}:{dns_port}")
    assert (found.code, found.err) == (0, "")
    check = json.loads(found.out)
    assert (check["status"], check["fqdn"], check["vantage_point"]) == ("completed", NAME, None)
    assert check["paths"][0]["title"] == "Shop"
    assert check["analysis"]["analyzable"]
    assert server.paths.count("/") <= 2


async def test_what_policy_refuses_is_a_failed_check() -> None:
    host = own_address()
    async with serve_dns({NAME: (host,)}) as (dns, dns_port):
        resolvers = f"{dns}:{dns_port}"
        found = await ran(NAME, OUTSCOPE_RESOLVERS=resolvers, OUTSCOPE_ALLOW_NET="")
    check = json.loads(found.out)
    assert (found.code, check["status"]) == (0, "failed")
    assert (check["failure"]["reason"], check["analysis"]) == ("target_refused", None)


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (("not a name",), {}, "name: "),
        ((NAME, "--port=0"), {}, "port: "),
        ((NAME, *(f"--port={port}" for port in range(1, 22))), {}, "port: At most 20"),
        ((NAME, *(f"--path=/{number}" for number in range(21))), {}, "path: At most 20"),
        ((NAME, "--path=/a\nHost: inner"), {}, "path: "),
        ((NAME,), {"OUTSCOPE_RESOLVERS": "nonsense"}, "OUTSCOPE_RESOLVERS"),
    ],
)
async def test_what_cannot_be_used_is_named_and_nothing_is_printed(
    arguments: tuple[str, ...], settings: dict[str, str], said: str
) -> None:
    found = await ran(*arguments, **settings)
    assert (found.code, found.out) == (3, "")
    assert said in found.err
