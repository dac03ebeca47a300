"""Keeps one program running: starts it, passes on what it says, starts it again when it dies.

Law: at most one process of the program at a time, and none once stop() has returned.
"""

import asyncio
import contextlib
import signal
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping
from typing import Final

from deploy.local.backoff import Backoff
from deploy.local.console import Console
from deploy.local.output import OutputPipe, output_pipe
from deploy.local.program import REPOSITORY, Launch, LaunchError, Program
from outscope.lifecycle import EXIT_CONFIG

_SIGNAL_NAMES: Final = {signum.value: signum.name for signum in signal.Signals}


class Child:
    """A program and its present process."""

    def __init__(
        self,
        program: Program,
        console: Console,
        environment: Mapping[str, str],
        changed: Callable[[], None],
    ) -> None:
        self.program = program
        self.refused_configuration = False
        self._console = console
        self._environment = environment
        self._changed = changed
        self._stopping = asyncio.Event()
        self._process: Process | None = None
        self._launch: Launch | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, while there is a process."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Begin to keep the program running."""
        self._keeper = asyncio.create_task(self._keep(), name=self.program.label)

    def raise_failure(self) -> None:
        """Raise what made it impossible to keep the program running, if anything did."""
        if self._keeper is not None and self._keeper.done() and not self._keeper.cancelled():
            self._keeper.result()

    async def is_ready(self) -> bool:
        """Tell whether the present process does its work."""
        if self._process is None or self._launch is None:
            return False
        return await self._launch.is_ready()

    async def stop(self) -> None:
        """End the process, by force when it takes longer than its grace."""
        self._stopping.set()
        if self._keeper is None:
            return
        self._signal(self.program.stop_signal)
        await asyncio.wait([self._keeper], timeout=self.program.grace_s)
        if not self._keeper.done():
            self._console.tell(f"{self.program.label} did not end in time and is killed")
            self.kill()
            await asyncio.wait([self._keeper])

    def kill(self) -> None:
        """End the process at once."""
        self._stopping.set()
        self._signal(self.program.kill_signal)

    def _signal(self, signum: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signum)

    async def _keep(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            began = time.monotonic()
            ending = await self._run_once()
            if self._stopping.is_set():
                return
            pause_s = backoff.after(time.monotonic() - began)
            name = self.program.label
            self._console.tell(f"{name} {ending}; starting it again in {pause_s:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause_s)

    async def _run_once(self) -> str:
        """Run the program to its end and tell how it ended."""
        is_first = self._launch is None
        try:
            launch = await asyncio.to_thread(self.program.launch)
            if self._stopping.is_set():
                return "is not wanted any more"
            lines = self._console.prefixer(self.program.label, self.program.noise)
            async with output_pipe(self._console, lines) as output:
                return _ending(await self._live(launch, output))
        except (LaunchError, OSError) as error:
            if is_first:
                raise LaunchError(f"{self.program.label} cannot be started: {error}") from error
            return f"cannot be started: {error}"

    async def _live(self, launch: Launch, output: OutputPipe) -> int:
        self._process = process = await asyncio.create_subprocess_exec(
            *launch.command,
            stdin=DEVNULL,
            stdout=output.fileno(),
            stderr=output.fileno(),
            cwd=REPOSITORY,
            env={**self._environment, **launch.settings},
            start_new_session=True,  # Ctrl-C reaches us alone: we end the parts in their order
        )
        output.given_away()
        self._launch = launch
        self._changed()
        if self._stopping.is_set():
            self._signal(self.program.stop_signal)
        code = await process.wait()
        self._process = None
        self.refused_configuration = code == EXIT_CONFIG
        self._changed()
        return code


def _ending(code: int) -> str:
    if code < 0:
        return f"was killed by {_SIGNAL_NAMES.get(-code, f'signal {-code}')}"
    return f"ended with exit code {code}"
