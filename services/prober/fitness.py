"""Knows whether this prober is fit: whether what it needs beside the bus works, as it tests itself.

Law: an unfit prober takes no job, holds none, and tells nothing about a target. It asks for no
more before it gives back what it holds, or it might be handed the same again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Final

from outscope.lifecycle import begin_for_many
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Gauge
from services.prober.pulse import Pulse

log = logger(__name__)

EVERY_S: Final = 5.0
_UNFIT_EVERY_S: Final = 1.0

_FIT: Final = Gauge(
    "outscope_prober_fit", "Whether the prober passes each of its self-tests: 1 or 0.", ("part",)
)

# Returns what is wrong, for people, or None.
SelfTest = Callable[[], Awaitable[str | None]]


class Unfit(Exception):  # noqa: N818 - the state it tells of
    """The prober cannot be relied on now; the same job may succeed elsewhere, or later."""


class Fitness:
    """Tests the prober again and again, and stops its work while it fails."""

    def __init__(
        self, tests: Mapping[str, SelfTest], pulse: Pulse, *, every_s: float = EVERY_S
    ) -> None:
        self._pulse = pulse
        self._tests = dict(tests)
        self._every_s = every_s
        self._faults: Mapping[str, str] = dict.fromkeys(tests, "not tested yet")
        self._is_fit = asyncio.Event()
        if not tests:
            self._is_fit.set()
        self._working: set[asyncio.Timeout] = set()
        self._testing: asyncio.Task[None] | None = None
        self._before_stopping: list[Callable[[], Awaitable[None]]] = []

    def before_stopping(self, step: Callable[[], Awaitable[None]]) -> None:
        """Have a step taken each time the prober is found unfit, before its work is stopped."""
        self._before_stopping.append(step)

    @property
    def faults(self) -> Mapping[str, str]:
        """What is wrong, by part; empty when the prober is fit."""
        return MappingProxyType(dict(self._faults))

    @property
    def parts(self) -> Mapping[str, bool]:
        """Whether each part passed its last test."""
        return {part: part not in self._faults for part in self._tests}

    async def watch(self) -> None:
        """Test for ever."""
        while True:
            await self.confirm()
            await asyncio.sleep(self._every_s if self._is_fit.is_set() else _UNFIT_EVERY_S)

    async def until_fit(self) -> None:
        """Return when the prober is fit."""
        await self._is_fit.wait()

    async def confirm(self) -> bool:
        """Tell whether the prober is fit, by a test that begins now; askers share it."""
        earlier = self._testing
        if earlier is not None:
            await asyncio.shield(earlier)
        if self._testing is None or self._testing is earlier:
            self._testing = begin_for_many(self._test(), name="self-test")
        await asyncio.shield(self._testing)
        return self._is_fit.is_set()

    def was_starved_since(self, moment_s: float) -> bool:
        """Tell whether the process was kept from listening after a moment of the monotonic clock.

        What answered meanwhile has answered; of what was silent nothing is known.
        """
        return self._pulse.was_starved_since(moment_s)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work inside the context; raises Unfit when the prober is not fit, or becomes unfit.

        So does a standstill of the process, which is known at the end of the work.
        """
        begun_s = time.monotonic()
        if not self._is_fit.is_set():
            raise Unfit(_text(self._faults))
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._working.add(scope)
                try:
                    yield
                finally:
                    self._working.discard(scope)
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise Unfit(_text(self._faults)) from error
        if self._pulse.stood_still_since(begun_s):
            raise Unfit("the process stood still meanwhile")

    async def _test(self) -> None:
        found = await asyncio.gather(*(_tested(test) for test in self._tests.values()))
        faults = {
            part: fault for part, fault in zip(self._tests, found, strict=True) if fault is not None
        }
        for part in self._tests:
            _FIT.labels(part).set(part not in faults)
        if faults.keys() != self._faults.keys():
            (log.warning if faults else log.info)("fitness has changed", unfit=_text(faults))
        self._faults = faults
        if faults:
            self._is_fit.clear()
            for step in self._before_stopping:
                await step()
            self._stop_work()
        else:
            self._is_fit.set()

    def _stop_work(self) -> None:
        for scope in tuple(self._working):
            if not scope.expired():
                scope.reschedule(asyncio.get_running_loop().time())


async def _tested(test: SelfTest) -> str | None:
    try:
        return await test()
    except Exception as error:  # noqa: BLE001 - a test that fails has not been passed
        log.error("self-test failed", exception=error)  # noqa: TRY400 - ours has fields
        return f"the test itself failed: {error!r}"


def _text(faults: Mapping[str, str]) -> str:
    return "; ".join(f"{part}: {fault}" for part, fault in faults.items())
