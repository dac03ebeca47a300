"""Serves the demo target until told to stop: python -m deploy.local.demo, started by the system."""

import argparse
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.demo.authority import Authority
from deploy.local.demo.resolver import dns_server
from deploy.local.demo.site import web_servers
from deploy.local.demo.zone import SITE_NAME
from deploy.local.ports import LOOPBACK
from outscope.clock import utc_now
from outscope.config import Address, Environment
from outscope.lifecycle import run_service
from outscope.telemetry.logs import configure_logs


def main(arguments: Sequence[str]) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.demo")
    parser.add_argument("--folder", type=Path, required=True)
    for name in ("dns", "http", "https"):
        parser.add_argument(f"--{name}-port", type=int, required=True)
    parser.add_argument("--upstream", default="", help="HOST:PORT,... for names of others")
    parsed = parser.parse_args(arguments)
    upstream = Environment({"--upstream": parsed.upstream}).addresses("--upstream")
    configure_logs("demo", as_json=False)

    @asynccontextmanager
    async def serve() -> AsyncIterator[None]:
        context = Authority(parsed.folder, utc_now()).server_context(SITE_NAME)
        http, https = _here(parsed.http_port), _here(parsed.https_port)
        async with (
            dns_server(_here(parsed.dns_port), upstream),
            web_servers(SITE_NAME, http, https, context),
        ):
            yield

    run_service("demo", serve)


def _here(port: int) -> Address:
    return LOOPBACK, port


if __name__ == "__main__":
    main(sys.argv[1:])
