"""A channel whose certificate is renewed: new calls go over a new one, those in work finish.

gRPC takes a client's certificate once, when a channel is made. So when the files have changed
another channel is made, and the old one is closed when its last call has ended.
"""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import grpc
import grpc.aio

from outscope.certificates import LOOK_EVERY_S, Certificate, Certificates
from outscope.lifecycle import end_task

# No call is in work for longer: streams that are waited for end before.
_LONGEST_CALL_S: Final = 900.0

Dial = Callable[[Certificate], grpc.aio.Channel]
# Whatever takes a request and makes a call of it; the four kinds differ in nothing else here.
Method: TypeAlias = Any


class RenewedChannel(grpc.aio.Channel):
    """Looks for another certificate when it is used, once a second at most."""

    def __init__(self, certificates: Certificates, dial: Dial) -> None:
        self._certificates = certificates
        self._dial = dial
        self._certificate = certificates.look()
        self._channel = dial(self._certificate)
        self._looked_at_s = time.monotonic()
        self._closing: set[asyncio.Task[None]] = set()

    def current(self) -> grpc.aio.Channel:
        """Return the channel of the present certificate, made anew when that is another one."""
        now_s = time.monotonic()
        if now_s - self._looked_at_s >= LOOK_EVERY_S:
            self._looked_at_s = now_s
            certificate = self._certificates.look()
            if certificate is not self._certificate:
                self._certificate = certificate
                self._leave(self._channel)
                self._channel = self._dial(certificate)
        return self._channel

    def _leave(self, old: grpc.aio.Channel) -> None:
        closing = asyncio.create_task(old.close(_LONGEST_CALL_S), name="old channel")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def __aenter__(self) -> Self:
        """Return the channel; it connects when it is used."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Close it, and end what is in work."""
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        """Close it; calls in work get so many seconds, those on channels left before none."""
        for closing in tuple(self._closing):
            await end_task(closing)
        await self._channel.close(grace)

    def get_state(
        self,
        try_to_connect: bool = False,  # noqa: FBT001, FBT002 - as gRPC has it
    ) -> grpc.ChannelConnectivity:
        """Return whether the present channel is connected."""
        return self.current().get_state(try_to_connect=try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait for the present channel to be in another state."""
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait for the present channel to be connected."""
        await self.current().channel_ready()

    def unary_unary(self, *arguments: Any, **named: Any) -> Method:  # noqa: ANN401 - passed on
        """Return a method that takes one message and answers one."""
        return self._method(lambda channel: channel.unary_unary(*arguments, **named))

    def unary_stream(self, *arguments: Any, **named: Any) -> Method:  # noqa: ANN401 - passed on
        """Return a method that takes one message and answers many."""
        return self._method(lambda channel: channel.unary_stream(*arguments, **named))

    def stream_unary(self, *arguments: Any, **named: Any) -> Method:  # noqa: ANN401 - passed on
        """Return a method that takes many messages and answers one."""
        return self._method(lambda channel: channel.stream_unary(*arguments, **named))

    def stream_stream(self, *arguments: Any, **named: Any) -> Method:  # noqa: ANN401 - passed on
        """Return a method that takes many messages and answers many."""
        return self._method(lambda channel: channel.stream_stream(*arguments, **named))

    def _method(self, of: Callable[[grpc.aio.Channel], Method]) -> Method:
        channel = self._channel
        method = of(channel)

        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on
            nonlocal channel, method
            current = self.current()
            if current is not channel:
                channel, method = current, of(current)
            return method(*arguments, **named)

        return call
