"""Starts the gateway: the only place where its parts are made and joined."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from outscope.clock import utc_now
from outscope.config import Environment
from outscope.lifecycle import run_configured_service
from outscope.rpc.channel import open_channel
from outscope.telemetry.logs import logger
from services.gateway.app import build_app
from services.gateway.config import GatewayConfig, config_from
from services.gateway.console.session import Sessions
from services.gateway.console.site import Site
from services.gateway.printer import Printer
from services.gateway.repeatable import KEYED_CREATES, READS
from services.gateway.scheduler import Scheduler
from services.gateway.server import served
from services.gateway.waits import Waits

log = logger(__name__)


@asynccontextmanager
async def gateway(config: GatewayConfig) -> AsyncIterator[None]:
    """Serve while the context is open."""
    address, certificates = config.scheduler_address, config.certificates
    waits, repeatable = Waits(config.max_waits), (*READS, *KEYED_CREATES)
    async with (
        open_channel(address, repeatable=READS, certificates=certificates) as channel,
        open_channel(address, repeatable=repeatable, certificates=certificates) as keyed_channel,
    ):
        scheduler = Scheduler(channel, deadline_s=config.deadline_s, keyed_channel=keyed_channel)
        api = build_app(
            scheduler,
            utc_now,
            waits=waits,
            printer=Printer(config.max_pdfs),
            max_requests=config.max_requests,
        )
        app = Site(api, Sessions(config.console_keys, utc_now), utc_now)
        async with served(app, config.rest_listen, drain_s=config.drain_s) as port:
            log.info("listening", host=config.rest_listen[0], port=port)
            try:
                yield
            finally:
                waits.end()


def main() -> None:
    """Read the settings and serve until told to stop."""
    run_configured_service("gateway", lambda: config_from(Environment()), gateway)


if __name__ == "__main__":
    main()
