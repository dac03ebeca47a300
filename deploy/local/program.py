"""What the supervisor needs to know of a process it keeps running."""

import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.local.errors import StartError

REPOSITORY: Final = Path(__file__).parents[2]  # where every program runs


class LaunchError(StartError):
    """A program cannot be started; one line says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One start of a program: its command line, the settings it adds, how to see it is ready."""

    command: list[str]
    is_ready: Callable[[], Awaitable[bool]]
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A process to keep running; launch is asked anew at every start, in a thread.

    It may raise LaunchError.
    """

    role: str
    label: str
    launch: Callable[[], Launch]
    stop_signal: signal.Signals = signal.SIGTERM
    noise: tuple[bytes, ...] = ()  # a line with one of these in it is not shown
    kill_signal: signal.Signals = signal.SIGKILL
    grace_s: float = 10.0
