"""How fast the parts are alone, under the same callers on the same cores as what is measured."""

import json
from dataclasses import dataclass
from typing import Final, TypeAlias

import grpc.aio
import psutil

from bench.bare.rpc import METHOD, SERVICE
from bench.caller import Reply, callers_of, request_bytes
from bench.calling import Call, Seen, call_for_a_while
from bench.children import CORES, cpu_s_of, first_line, module_command, serving

_OK: Final = 200

_Echo: TypeAlias = "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What was seen of one of them."""

    seen: Seen
    # Processor time of its server.
    server_cpu_s: float

    @property
    def cpu_ms_a_call(self) -> float:
        """Processor time of the server for one call."""
        return self.server_cpu_s / max(1, len(self.seen.latencies_s)) * 1000


async def bare_post(callers: int, for_s: float) -> Yardstick:
    """Return what uvicorn and Starlette do alone: small POSTs."""
    command = module_command("bench.bare.rest")
    async with serving(command, cores=frozenset(CORES)) as process:
        url = json.loads(await first_line(process))
        connections = await callers_of(url, callers)

        async def post(number: int) -> Reply:
            body = json.dumps({"fqdn": f"host{number:04}.bench.test"}).encode()
            request = request_bytes("POST", "/v1/check", body=body)
            return await connections[number % callers].call(request)

        return await _measured(process.pid, post, callers, for_s)


async def bare_unary(callers: int, for_s: float) -> Yardstick:
    """Return what grpc.aio does alone: unary calls of a message of the same size."""
    command = module_command("bench.bare.rpc")
    async with serving(command, cores=frozenset(CORES)) as process:
        address = json.loads(await first_line(process))
        async with grpc.aio.insecure_channel(address) as channel:
            echo: _Echo = channel.unary_unary(f"/{SERVICE}/{METHOD}")

            async def call(number: int) -> Reply:
                return Reply(_OK, await echo(f"host{number:04}.bench.test".encode()))

            return await _measured(process.pid, call, callers, for_s)


async def _measured(pid: int, call: Call, callers: int, for_s: float) -> Yardstick:
    server = psutil.Process(pid)
    before_s = cpu_s_of(server)
    seen = await call_for_a_while(call, callers, for_s)
    return Yardstick(seen=seen, server_cpu_s=cpu_s_of(server) - before_s)
