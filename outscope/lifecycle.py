"""Runs a service: event loop, signals, and a clean end.

A service is an async context manager that is open while it serves. SIGTERM and SIGINT close it; a
second signal ends the process at once.
"""

import asyncio
import contextlib
import contextvars
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, Self, TypeVar

import uvloop

from outscope.config import ConfigError, LogSettings
from outscope.telemetry.logs import configure_logs, logger
from outscope.telemetry.recording import recording

log = logger(__name__)

EXIT_CONFIG = 78  # EX_CONFIG of sysexits.h
_CANCEL_AGAIN_S = 0.5


class Config(Protocol):
    """What the settings of every service have."""

    @property
    def log(self) -> LogSettings:
        """How to log."""

    @property
    def is_traced(self) -> bool:
        """Whether to record spans."""


AnyConfig = TypeVar("AnyConfig", bound=Config)
Result = TypeVar("Result")


def run_configured_service(
    name: str,
    read: Callable[[], AnyConfig],
    service: Callable[[AnyConfig], AbstractAsyncContextManager[object]],
) -> None:
    """Read the settings, log and record spans as they say, and serve until told to stop."""

    @contextlib.asynccontextmanager
    async def configured() -> AsyncIterator[None]:
        config = read()
        configure_logs(name, level=config.log.level, as_json=config.log.as_json)
        async with recording(name, is_on=config.is_traced), service(config):
            yield

    run_service(name, configured)


def run_service(name: str, service: Callable[[], AbstractAsyncContextManager[object]]) -> None:
    """Serve until told to stop, then close; exits 78 when the configuration cannot be used."""
    try:
        uvloop.run(_serve(name, service))
    except ConfigError as error:
        sys.stderr.write(f"{name}: {error}\n")
        sys.exit(EXIT_CONFIG)


async def _serve(name: str, service: Callable[[], AbstractAsyncContextManager[object]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def request_stop(signum: signal.Signals) -> None:
        if stop.is_set():
            log.warning("second signal: ending at once", signal=signum.name)
            sys.stderr.flush()
            signal.signal(signum, signal.SIG_DFL)
            signal.raise_signal(signum)
        stop.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, request_stop, signum)
    await _open_until(stop, name, service)
    log.info("stopped", service=name)


async def _open_until(
    stop: asyncio.Event, name: str, service: Callable[[], AbstractAsyncContextManager[object]]
) -> None:
    """Hold a service open until it is to stop; one that still waits to open is given up at once."""
    is_open = False

    async def hold() -> None:
        nonlocal is_open
        async with service():
            is_open = True
            _keep_out_of_collections()
            log.info("serving", service=name)
            await stop.wait()
            log.info("stopping", service=name)

    holding = asyncio.create_task(hold(), name=name)
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait((holding, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not is_open:
        holding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await holding


def _keep_out_of_collections() -> None:
    """Have the collector pass over what was made until now, which lasts as long as the process.

    Modules and descriptors are several hundred thousand objects: to look at all of them again took
    50 ms every few seconds, during which nobody was served.
    """
    gc.collect()
    gc.freeze()


def begin_for_many(work: Coroutine[Any, Any, Result], *, name: str) -> asyncio.Task[Result]:
    """Begin what several callers wait for, or will: with nobody's log fields, trace or deadline.

    A task begun as usual has those of whoever came first, and its lines would tell all of it, for
    as long as others follow, as that one's.
    """
    return asyncio.create_task(work, name=name, context=contextvars.Context())


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended; what it ended with is dropped.

    Once is not always enough: the wait_for of Python 3.11, which nats-py and psycopg use, can lose
    a cancellation that comes in the moment its own wait ends.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=_CANCEL_AGAIN_S)


class Tasks:
    """Background tasks that live as long as their context; one that fails is logged and restarted.

    A loop must survive a passing fault of what it talks to, so it is run again after a pause.
    """

    def __init__(self, *, pause_s: float = 1.0) -> None:
        self._pause_s = pause_s
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*map(end_task, self._tasks))

    def keep(self, name: str, loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run loop now, and again whenever it ends or fails, until the context closes."""
        self._tasks.append(asyncio.create_task(self._keep(name, loop), name=name))

    async def _keep(self, name: str, loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await loop()
            except Exception as error:  # noqa: BLE001 - whatever it was, the loop must go on
                log.error("loop failed, restarting", loop=name, exception=error)  # noqa: TRY400 - with fields
            await asyncio.sleep(self._pause_s)
