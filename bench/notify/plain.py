"""The limit: a plain aiohttp loop that posts payloads that were delivered, and does nothing else.

Run as a process: `python -m bench.notify.plain FILE PORT ENDPOINTS COUNT AT_ONCE`. It neither signs
nor asks nor reports, and keeps its connections. It prints the processor time and the time it took.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from bench.notify.endpoints import endpoint_url

Payload = dict[str, Any]


async def post_all(
    payloads: list[Payload], port: int, *, endpoints: int, count: int, at_once: int
) -> None:
    """Post so many payloads to endpoints in turn; anything but 204 raises."""

    async def post_some(session: aiohttp.ClientSession, numbers: Iterator[int]) -> None:
        for number in numbers:
            payload = payloads[number % len(payloads)]
            url = endpoint_url(number % endpoints, port)
            headers = {
                name: value
                for name, value in payload["headers"].items()
                if name.startswith(("webhook-", "content-type"))
            }
            async with session.post(url, data=payload["body"].encode(), headers=headers) as answer:
                if answer.status != 204:
                    raise RuntimeError(f"{url} answered {answer.status}")

    numbers = iter(range(count))
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(at_once):
            group.create_task(post_some(session, numbers))


def main(file: str, port: str, endpoints: str, count: str, at_once: str) -> None:
    """Post, and print what it took."""
    payloads = [json.loads(line) for line in Path(file).read_text("utf-8").splitlines()]
    cpu_s, started_s = time.process_time(), time.perf_counter()
    uvloop.run(
        post_all(
            payloads, int(port), endpoints=int(endpoints), count=int(count), at_once=int(at_once)
        )
    )
    took = {"cpu_s": time.process_time() - cpu_s, "elapsed_s": time.perf_counter() - started_s}
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
