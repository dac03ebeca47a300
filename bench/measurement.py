"""What a benchmark found: one row of the table and of results.json."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

_COLUMNS: Final = ("name", "value", "unit", "peer", "ratio", "runs", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One figure, and what the same work costs a peer, when there is one."""

    name: str
    value: float
    unit: str
    # The command that repeats it.
    command: str
    runs: int = 1
    # The peer's figure in the same unit; None when it was not there to be measured.
    peer: float | None = None
    # What the figures include, and who has an advantage.
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value by the peer's."""
        return self.value / self.peer if self.peer else None


def compared(
    name: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    unit: str,
    command: str,
    note: str = "",
) -> Measurement:
    """Return the medians of interleaved rounds; theirs may be empty when there is no peer."""
    return Measurement(
        name=name,
        value=median(ours),
        unit=unit,
        command=command,
        runs=len(ours),
        peer=median(theirs) if theirs else None,
        note=note,
    )


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that this share of all samples does not exceed."""
    ordered = sorted(samples)
    rank = max(1, -(-len(ordered) * share // 1))
    return ordered[int(rank) - 1]


def as_json(measurements: Iterable[Measurement]) -> str:
    """Return the text of results.json: {name: {value, unit, peer, ratio, runs, command, note}}."""
    rows: Mapping[str, object] = {
        each.name: {
            "value": _rounded(each.value),
            "unit": each.unit,
            "peer": _rounded(each.peer),
            "ratio": _rounded(each.ratio),
            "runs": each.runs,
            "command": each.command,
            "note": each.note,
        }
        for each in measurements
    }
    return json.dumps(rows, indent=2) + "\n"


def as_table(measurements: Iterable[Measurement]) -> str:
    """Return the rows for people, one a line, columns aligned."""
    rows = [_COLUMNS, *(_cells(each) for each in measurements)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS) - 1)]
    return "\n".join(
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]))
        for row in rows
    )


def _cells(each: Measurement) -> tuple[str, ...]:
    return (
        each.name,
        _shown(each.value),
        each.unit,
        _shown(each.peer),
        _shown(each.ratio),
        str(each.runs),
        each.note,
    )


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else float(f"{figure:.4g}")


def _shown(figure: float | None) -> str:
    return "-" if figure is None else f"{_rounded(figure):,}"
