"""Does for many callers at once what each of them asked for by itself.

Whoever comes while as much as may be is under way shares the next call: an idle notifier asks at
once, a busy one for the price of one. Nobody waits for others to come.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from outscope.lifecycle import begin_for_many

Asked = TypeVar("Asked")
Got = TypeVar("Got")


class Together(Generic[Asked, Got]):
    """Calls a function with at most so many at a time, and so often side by side.

    The function returns for each that was asked, in order, what it got or why it got nothing; what
    it raises itself, all are told.
    """

    def __init__(
        self,
        call: Callable[[Sequence[Asked]], Awaitable[Sequence[Got | Exception]]],
        *,
        most: int,
        side_by_side: int,
    ) -> None:
        self._call = call
        self._most = most
        self._side_by_side = side_by_side
        self._waiting: deque[tuple[Asked, asyncio.Future[Got]]] = deque()
        # How many call, or are about to; the tasks are held until they are done.
        self._calling = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, asked: Asked) -> Got:
        """Return what was got for this one, or raise why there is nothing."""
        got: asyncio.Future[Got] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, got))
        if self._calling < self._side_by_side:
            self._calling += 1
            task = begin_for_many(self._call_while_asked(), name="together")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await got

    async def _call_while_asked(self) -> None:
        try:
            await self._call_until_none_waits()
        finally:
            # In the very step in which none was seen to wait: who asks next begins another call.
            self._calling -= 1

    async def _call_until_none_waits(self) -> None:
        while self._waiting:
            count = min(self._most, len(self._waiting))
            group = [self._waiting.popleft() for _ in range(count)]
            # Who gave up while waiting needs nothing any more.
            group = [(asked, got) for asked, got in group if not got.done()]
            if group:
                await self._serve(group)

    async def _serve(self, group: Sequence[tuple[Asked, asyncio.Future[Got]]]) -> None:
        results: Sequence[Got | Exception]
        try:
            results = await self._call([asked for asked, _ in group])
        except Exception as error:  # noqa: BLE001 - it is for those who asked
            results = [error] * len(group)
        for (_, got), result in zip(group, results, strict=True):
            if got.done():
                continue
            if isinstance(result, Exception):
                got.set_exception(result)
            else:
                got.set_result(result)
