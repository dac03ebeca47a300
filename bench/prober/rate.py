"""Hosts for a second of processor time: what a rate on one core means on a shared machine."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How long some hosts took."""

    hosts: int
    # User and system time of the process that did the work, all its threads.
    cpu_s: float
    elapsed_s: float
    # The most memory that process held.
    peak_bytes: int = 0

    @property
    def per_core_second(self) -> float:
        """Hosts a second on a core that does nothing else."""
        return self.hosts / self.cpu_s
