"""Counts what the network policy denies: by kind and name of the range, never by address."""

from typing import Final

from outscope.netguard.policy import Denial
from outscope.telemetry.metrics import Counter

DENIALS: Final = Counter(
    "outscope_denials",
    "Connections that the network policy denied, by the kind and name of the range.",
    ("kind", "range"),
)


def counted(denial: Denial) -> Denial:
    """Return a denial that is about to be told, counted."""
    DENIALS.labels(denial.kind.value, denial.name).inc()
    return denial
