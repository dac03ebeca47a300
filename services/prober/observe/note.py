"""Who is told at once what is seen of a target, before the check has ended."""

from collections.abc import Callable
from typing import TypeAlias

from services.prober.facts import DnsFacts, PathFacts, PortFacts

Note: TypeAlias = Callable[[DnsFacts | PortFacts | PathFacts], None]


def unheard(seen: DnsFacts | PortFacts | PathFacts) -> None:
    """Tell nobody."""
    del seen
