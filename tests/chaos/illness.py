"""Makes endpoints ill and well again in turns, and in the end asks for what they missed.

Law: what an endpoint missed while it was ill, or while it was disabled, is kept; its owner has all
of it by disabling and enabling it, and asking for what is held and for what failed.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp

from tests.chaos.hooks import Hook, Manner
from tests.e2e.running import System

_ILL_S: Final = 12.0
_WELL_S: Final = 8.0
_ANSWER_WITHIN_S: Final = 120.0
_ONE_TRY_S: Final = 20.0
_PAUSE_S: Final = 1.0
_POLL_S: Final = 0.5
_SERVER_ERROR: Final = 500

Json = dict[str, Any]


async def fall_ill_in_turns(system: System, hooks: Iterable[Hook], until: asyncio.Event) -> None:
    """Let all that are not always well be ill, then well, and so on; return with all well."""
    ailing = [hook for hook in hooks if hook.manner is not Manner.WELL]
    while not until.is_set():
        await _turn(system, ailing, is_ill=True)
        await _elapsed(_ILL_S, until)
        await _turn(system, ailing, is_ill=False)
        await _elapsed(_WELL_S, until)


async def _turn(system: System, hooks: Iterable[Hook], *, is_ill: bool) -> None:
    for hook in hooks:
        hook.is_ill = is_ill
        hook.spells += is_ill
        if hook.manner is Manner.DISABLED:
            await _set_enabled(system, hook, is_enabled=not is_ill)


async def _elapsed(seconds: float, until: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await until.wait()


async def states_found(system: System, hooks: Iterable[Hook]) -> list[str]:
    """Return a line for each endpoint that is disabled, or spared, and should not be.

    To be asked for when the longest time that one asks to be spared for is over.
    """
    found = []
    for number, hook in enumerate(hooks):
        webhook = await answered(system, "GET", f"/v1/webhooks/{hook.id}")
        wanted = "endpoint_gone" if hook.manner is Manner.GONE else None
        if webhook["disabled_reason"] != wanted:
            found.append(f"webhook {number}: disabled for {webhook['disabled_reason']}")
        if webhook["slowed_until"] is not None:
            found.append(f"webhook {number}: spared until {webhook['slowed_until']}")
        if hook.manner is not Manner.WELL and not hook.spells:
            found.append(f"webhook {number}: never ill, so nothing was shown")
    return found


async def recovered(
    system: System, hooks: Iterable[Hook], is_told: Callable[[Hook], bool], within_s: float
) -> dict[Manner, int]:
    """Ask for what was missed and wait for it; return how many deliveries that was, by manner."""
    ailing = [hook for hook in hooks if hook.manner is not Manner.WELL]
    asked = {hook.manner: await _ask_for_missed(system, hook) for hook in ailing}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while not all(map(is_told, ailing)):
                await asyncio.sleep(_POLL_S)
    return asked


async def _ask_for_missed(system: System, hook: Hook) -> int:
    # What waits for its next attempt, hours from now perhaps, is held as well.
    await _set_enabled(system, hook, is_enabled=False)
    await _set_enabled(system, hook, is_enabled=True)
    since = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    count = 0
    for route in ("replay-missing", "recover"):
        path = f"/v1/webhooks/{hook.id}/{route}?since={since}"
        count += (await answered(system, "POST", path))["deliveries"]
    return count


async def _set_enabled(system: System, hook: Hook, *, is_enabled: bool) -> None:
    await answered(system, "PATCH", f"/v1/webhooks/{hook.id}", {"enabled": is_enabled})


async def answered(system: System, method: str, path: str, body: object = None) -> Json:
    """Return the answer, asking again while the system is broken; raises RuntimeError."""
    give_up = time.monotonic() + _ANSWER_WITHIN_S
    while True:
        try:
            async with asyncio.timeout(_ONE_TRY_S):
                status, answer = await system.call(method, path, body)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            status, answer = _SERVER_ERROR, {"error": type(error).__name__}
        if status < _SERVER_ERROR:
            break
        if time.monotonic() > give_up:
            raise RuntimeError(f"{method} {path}: no answer: {status} {answer}")
        await asyncio.sleep(_PAUSE_S)
    if status >= 400:
        raise RuntimeError(f"{method} {path} answered {status}: {answer}")
    return dict(answer)
