"""Starts the notifier: the only place where its parts are made and joined."""

import gc
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final

import grpc
import grpc.aio

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.work import Terms, Worker
from outscope.clock import utc_now
from outscope.config import Environment
from outscope.descriptors import raise_descriptor_limit
from outscope.lifecycle import Tasks, run_configured_service
from outscope.netguard.deny import NOTHING_LISTED
from outscope.netguard.resolve import Resolver
from outscope.rpc.channel import open_channel
from outscope.telemetry.health import Readiness, health_server
from services.notifier.config import NotifierConfig, config_from
from services.notifier.deliver import Deliverer
from services.notifier.worker import DELIVERY_PLACES, DeliveryTask

# More objects than the deliveries in work are made of. No ring is left of one, so that with the
# usual 700 each burst of deliveries was gone through several times, in vain.
_COLLECT_AFTER: Final = 10_000


class Dependencies:
    """What the notifier needs to do its work, and whether each answers now."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self.bus: Bus | None = None

    async def readiness(self) -> Readiness:
        """Tell which of them answers."""
        state = self._channel.get_state(try_to_connect=True)
        return {
            "nats": self.bus is not None and self.bus.is_connected,
            "scheduler": state is grpc.ChannelConnectivity.READY,
        }


def _deliverer(config: NotifierConfig, resolver: Resolver) -> Deliverer:
    # A connection for each delivery, and for a while those that are kept.
    raise_descriptor_limit()
    return Deliverer(
        resolver=resolver,
        allow=config.allow_net,
        deny=config.deny_file or NOTHING_LISTED,
        ca_file=config.ca_file,
        timeout_s=config.timeout_s,
        contact_url=config.contact_url,
        proxy=config.egress_proxy,
    )


@asynccontextmanager
async def notifier(config: NotifierConfig) -> AsyncIterator[None]:
    """Deliver while the context is open."""
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(
            open_channel(config.scheduler_address, certificates=config.certificates)
        )
        dependencies = Dependencies(channel)
        await stack.enter_async_context(health_server(config.health_listen, dependencies.readiness))
        resolver = await stack.enter_async_context(Resolver(config.resolvers))
        deliverer = await stack.enter_async_context(_deliverer(config, resolver))
        if config.deny_file is not None:
            tasks = await stack.enter_async_context(Tasks())
            tasks.keep("deny list", config.deny_file.watch)
        bus = await stack.enter_async_context(_connected(config))
        dependencies.bus = bus
        task = DeliveryTask(
            bus=bus,
            channel=channel,
            service_token=config.service_token,
            deliverer=deliverer,
            clock=utc_now,
        )
        DELIVERY_PLACES.set(config.concurrency + config.lasting)
        await stack.enter_async_context(
            Worker(
                bus,
                subjects.DELIVERIES_CONSUMER,
                task,
                concurrency=config.concurrency,
                drain_s=config.drain_s,
                terms=Terms(lasting=config.lasting),
            )
        )
        yield


def _connected(config: NotifierConfig) -> AbstractAsyncContextManager[Bus]:
    return connect_bus(
        config.nats_url,
        "notifier",
        replicas=config.stream_replicas,
        inbox=subjects.NOTIFIER_INBOX,
        certificates=config.certificates,
    )


def main() -> None:
    """Read the settings and serve until told to stop."""
    gc.set_threshold(_COLLECT_AFTER)
    run_configured_service("notifier", lambda: config_from(Environment()), notifier)


if __name__ == "__main__":
    main()
