"""Processor time that the roles of a system have used, which a busy machine changes little."""

from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from bench.children import cpu_s_of
from bench.system import ROLES, System

_POSTGRES = "postgres"
_CLIENT = "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds of processor time by role, those of the benchmark itself among them."""

    by_role: Mapping[str, float]

    @property
    def ours_s(self) -> float:
        """What the system has used, without its callers."""
        return sum(spent_s for role, spent_s in self.by_role.items() if role != _CLIENT)

    def since(self, before: "Spent") -> "Spent":
        """Return what was used since a moment before."""
        return Spent(
            by_role={role: self.by_role[role] - before.by_role[role] for role in before.by_role}
        )

    def shares(self) -> str:
        """Return who used how much of all, such as "gateway 31 %", the largest first."""
        total_s = sum(self.by_role.values()) or 1.0
        ranked = sorted(self.by_role.items(), key=lambda pair: -pair[1])
        shown = [f"{role} {used / total_s:.0%}" for role, used in ranked if used >= total_s / 200]
        return ", ".join(shown)


def spent_by(system: System) -> Spent:
    """Return what each role has used since it was started."""
    used = {role: sum(_cpu_s(pid) for pid in system.pids(role)) for role in ROLES}
    # A process for each connection, and some beside.
    servers = [child.pid for pid in system.pids(_POSTGRES) for child in _children(pid)]
    used[_POSTGRES] = sum(map(_cpu_s, [*system.pids(_POSTGRES), *servers]))
    used[_CLIENT] = cpu_s_of(psutil.Process())
    return Spent(by_role=used)


def _children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def _cpu_s(pid: int) -> float:
    """Return the time of a process; nothing of one that has ended since it was listed."""
    try:
        return cpu_s_of(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return 0.0
