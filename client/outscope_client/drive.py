"""Runs operations over HTTP: one driver blocks, the other awaits, and neither decides anything.

Law: a request goes to the server of the settings and nowhere else: redirects are not followed, by a
client of httpx of one's own neither, for the key would go with them. An answer is taken in as it
comes, held to a size and a time.
"""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar, cast

import httpx

from outscope_client.events import Event, Follow
from outscope_client.exchange import Call, Plan
from outscope_client.intake import Intake
from outscope_client.messages import Loss, Outcome, Pause, Reply, Request
from outscope_client.pages import Pages
from outscope_client.settings import Settings
from outscope_client.version import __version__

T = TypeVar("T")

_STREAMING = 200
# No answer came, or one that is not coded as it says.
_LOST = (httpx.TransportError, httpx.DecodingError)
# These end before anything of the request was sent.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Driver:
    """Runs plans one after the other, on connections that are kept."""

    def __init__(self, settings: Settings, http: httpx.Client | None = None) -> None:
        self.settings = settings
        self._http = http or httpx.Client(follow_redirects=False)

    def perform(self, plan: Plan[T]) -> T:
        """Run a plan to its end."""
        steps = plan.steps(self.settings)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return cast("T", end.value)
            if isinstance(step, Pause):
                time.sleep(step.seconds)
                outcome = None
            else:
                outcome = self._send(step)

    def _send(self, request: Request) -> Outcome:
        try:
            response = self._open(request)
            try:
                return self._taken_in(response, request)
            finally:
                response.close()
        except _LOST as error:
            return _loss(error)

    def _open(self, request: Request) -> httpx.Response:
        built = _built(self._http, request, self.settings)
        return self._http.send(built, stream=True, follow_redirects=False)

    def _taken_in(self, response: httpx.Response, request: Request) -> Reply:
        intake = Intake(self.settings, request.timeout_s)
        for part in response.iter_bytes():
            if not intake.take(part):
                raise _too_late(response)
        return _reply(response, intake.content)

    def iterate(self, pages: Pages[T]) -> Iterator[T]:
        """Yield item by item, page by page."""
        call: Call[Any] | None = pages.page(None)
        while call is not None:
            page = self.perform(call)
            yield from page["data"]
            call = pages.after(page)

    def follow(self, follow: Follow) -> Iterator[Event]:
        """Yield event by event until the end, connecting as often as it takes."""
        while True:
            outcome: Outcome = None
            try:
                request = follow.request(self.settings)
                response = self._open(request)
                try:
                    if response.status_code != _STREAMING:
                        outcome = self._taken_in(response, request)
                    else:
                        for chunk in response.iter_bytes():
                            yield from follow.received(chunk, self.settings)
                            if follow.has_ended:
                                break
                finally:
                    response.close()
            except _LOST as error:
                outcome = _loss(error)
            pause_s = 0.0 if follow.has_ended else follow.pause_s(outcome, self.settings)
            if follow.has_ended:
                return
            time.sleep(pause_s)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class AsyncDriver:
    """Runs plans beside each other, on connections that are kept."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient | None = None) -> None:
        self.settings = settings
        self._http = http or httpx.AsyncClient(follow_redirects=False)

    async def perform(self, plan: Plan[T]) -> T:
        """Run a plan to its end."""
        steps = plan.steps(self.settings)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return cast("T", end.value)
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                outcome = None
            else:
                outcome = await self._send(step)

    async def _send(self, request: Request) -> Outcome:
        try:
            response = await self._open(request)
            try:
                return await self._taken_in(response, request)
            finally:
                await response.aclose()
        except _LOST as error:
            return _loss(error)

    async def _open(self, request: Request) -> httpx.Response:
        built = _built(self._http, request, self.settings)
        return await self._http.send(built, stream=True, follow_redirects=False)

    async def _taken_in(self, response: httpx.Response, request: Request) -> Reply:
        intake = Intake(self.settings, request.timeout_s)
        async for part in response.aiter_bytes():
            if not intake.take(part):
                raise _too_late(response)
        return _reply(response, intake.content)

    async def iterate(self, pages: Pages[T]) -> AsyncIterator[T]:
        """Yield item by item, page by page."""
        call: Call[Any] | None = pages.page(None)
        while call is not None:
            page = await self.perform(call)
            for item in page["data"]:
                yield item
            call = pages.after(page)

    async def follow(self, follow: Follow) -> AsyncIterator[Event]:
        """Yield event by event until the end, connecting as often as it takes."""
        while True:
            outcome: Outcome = None
            try:
                request = follow.request(self.settings)
                response = await self._open(request)
                try:
                    if response.status_code != _STREAMING:
                        outcome = await self._taken_in(response, request)
                    else:
                        async for chunk in response.aiter_bytes():
                            for event in follow.received(chunk, self.settings):
                                yield event
                            if follow.has_ended:
                                break
                finally:
                    await response.aclose()
            except _LOST as error:
                outcome = _loss(error)
            pause_s = 0.0 if follow.has_ended else follow.pause_s(outcome, self.settings)
            if follow.has_ended:
                return
            await asyncio.sleep(pause_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _built(http: Any, request: Request, settings: Settings) -> httpx.Request:  # noqa: ANN401 - either of httpx's two clients
    built: httpx.Request = http.build_request(
        request.method,
        settings.url + request.path,
        params=dict(request.query),
        content=request.body,
        headers={
            "accept": "application/json",
            "user-agent": f"outscope-client/{__version__} python/{platform.python_version()}",
            "x-api-key": settings.api_key,
            **request.headers,
        },
        timeout=httpx.Timeout(request.timeout_s, connect=settings.connect_timeout_s),
    )
    return built


def _reply(response: httpx.Response, content: bytes) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(status=response.status_code, headers=headers, content=content)


def _too_late(response: httpx.Response) -> httpx.ReadTimeout:
    return httpx.ReadTimeout("the answer began and did not end", request=response.request)


def _loss(error: httpx.RequestError) -> Loss:
    return Loss(
        error=error,
        may_have_arrived=not isinstance(error, _BEFORE_SENDING),
        is_timeout=isinstance(error, httpx.TimeoutException),
    )
