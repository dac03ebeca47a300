"""Keeps a set of programs running, in groups that start in order and stop in reverse."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Self

from deploy.local.child import Child
from deploy.local.console import Console
from deploy.local.errors import StartError
from deploy.local.program import Program

_POLL_S: Final = 0.05
_PATIENCE_S: Final = 90.0


class NotReadyError(StartError):
    """A program did not come up."""


class Supervisor:
    """Runs programs while the context is open; tells of each change of a process id."""

    def __init__(self, console: Console, environment: Mapping[str, str]) -> None:
        self.is_stopping = False
        self._console = console
        self._environment = environment
        self._changed: Callable[[], None] | None = None
        self._groups: list[list[Child]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_stopping = True
        for group in reversed(self._groups):
            await asyncio.gather(*(child.stop() for child in group))

    def pids(self, role: str) -> list[int]:
        """Return the process ids of a role, in the order its programs were given."""
        children = (child for group in self._groups for child in group)
        return [child.pid for child in children if child.program.role == role and child.pid]

    def tell_changes(self, changed: Callable[[], None]) -> None:
        """Call changed now, and whenever a process has begun or ended."""
        self._changed = changed
        changed()

    async def start(self, *groups: Sequence[Program]) -> None:
        """Start groups and return when all are ready; NotReadyError names those that are not."""
        self._console.make_room([program.label for group in groups for program in group])
        started = [[self._child(program) for program in group] for group in groups]
        self._groups += started
        waiting: Sequence[Child] = [child for group in started for child in group]
        for child in waiting:
            child.start()
        give_up = time.monotonic() + _PATIENCE_S
        while waiting := await _from_first_unready(waiting):
            if time.monotonic() > give_up:
                names = ", ".join(child.program.label for child in waiting)
                raise NotReadyError(f"not ready after {_PATIENCE_S:g} s: {names}")
            await asyncio.sleep(_POLL_S)

    def kill(self) -> None:
        """End every process at once."""
        for group in self._groups:
            for child in group:
                child.kill()

    def _child(self, program: Program) -> Child:
        return Child(program, self._console, self._environment, self._tell)

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed()


async def _from_first_unready(children: Sequence[Child]) -> Sequence[Child]:
    """Return what is not known to be ready; later ones are asked once the earlier are."""
    for child in children:
        child.raise_failure()
        if child.refused_configuration:
            name = child.program.label
            raise NotReadyError(f"{name} refuses its configuration: its line is above")
    for position, child in enumerate(children):
        if not await child.is_ready():
            return children[position:]
    return ()
