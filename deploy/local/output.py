"""The pipe a process writes its output to, passed on to the console line by line.

Law: it ends when the process has ended, also when one that it left behind still holds the pipe.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from deploy.local.console import Console
from deploy.local.prefix import LinePrefixer

_LAST_WORDS_S: Final = 1.0


class OutputPipe:
    """A pipe whose writing end is for a process, and is closed here once that has it."""

    def __init__(self, writing_end: int) -> None:
        self._writing_end: int | None = writing_end

    def fileno(self) -> int:
        """Return the writing end."""
        assert self._writing_end is not None  # noqa: S101 - asked before the process is started
        return self._writing_end

    def given_away(self) -> None:
        """Close the writing end on our side, so that the process alone holds it."""
        if self._writing_end is not None:
            os.close(self._writing_end)
            self._writing_end = None


@asynccontextmanager
async def output_pipe(console: Console, lines: LinePrefixer) -> AsyncIterator[OutputPipe]:
    """Pass on what is written while the context is open, and the last words after it."""
    reading_end, writing_end = os.pipe()
    pipe = OutputPipe(writing_end)
    reader = _Reader(console, lines)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: reader, os.fdopen(reading_end, "rb", 0))
    try:
        yield pipe
    finally:
        pipe.given_away()
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.ended.wait(), _LAST_WORDS_S)
        transport.close()
        console.write(lines.close())


class _Reader(asyncio.Protocol):
    def __init__(self, console: Console, lines: LinePrefixer) -> None:
        self.ended = asyncio.Event()
        self._console = console
        self._lines = lines

    def data_received(self, data: bytes) -> None:
        self._console.write(self._lines.feed(data))

    def connection_lost(self, _: Exception | None) -> None:
        self.ended.set()
