"""What the processes of a system hold: memory and file descriptors, by role."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psutil

from tests.chaos.plan import ROLES
from tests.e2e.running import System

MEBIBYTE: Final = 1024 * 1024
# What a process may hold more than before: its caches and pools fill up at different times.
_MORE_BYTES: Final = 48 * MEBIBYTE
_MORE_DESCRIPTORS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The most that any process of a role holds."""

    memory: int
    descriptors: int


def held_by(system: System) -> dict[str, Held]:
    """Return what each role holds now."""
    held = {}
    for role in ROLES:
        processes = [psutil.Process(pid) for pid in system.pids(role)]
        held[role] = Held(
            memory=max(each.memory_info().rss for each in processes),
            descriptors=max(each.num_fds() for each in processes),
        )
    return held


def grown(before: Mapping[str, Held], after: Mapping[str, Held]) -> list[str]:
    """Return a line for each role that holds more than before."""
    found = []
    for role, then in before.items():
        now = after[role]
        if now.memory - then.memory > _MORE_BYTES:
            memory = f"{then.memory // MEBIBYTE} to {now.memory // MEBIBYTE} MiB"
            found.append(f"{role}: memory grew from {memory}")
        if now.descriptors - then.descriptors > _MORE_DESCRIPTORS:
            found.append(f"{role}: descriptors grew from {then.descriptors} to {now.descriptors}")
    return found
