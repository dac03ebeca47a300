"""Where the time of each request went, drawn to one scale: name, connection, TLS, first byte, rest.

The name is looked up once for all of them, and stands in front of those that opened a connection.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.gateway.console.pages.layout import table
from services.gateway.html import Html, element

Json = Mapping[str, Any]

STAGES: Final = ("dns", "connect", "tls", "first byte", "rest")
_WIDTH: Final = 600
_ROW: Final = 26
_BAR: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One request: what it asked, where, and its milliseconds by stage, None where not needed."""

    label: str
    address: str
    stages: tuple[int | None, ...]

    @property
    def total_ms(self) -> int:
        """Return the length of all stages together."""
        return sum(each or 0 for each in self.stages)


def rows_of(check: Json) -> list[Row]:
    """Return a row for each request that was timed, in order."""
    dns = check["dns"]
    name_ms = dns["outcome"]["duration_ms"] if dns and dns["outcome"] else None
    return [_row(answer, name_ms) for answer in _answers(check) if answer["timing"]]


def timeline(rows: Sequence[Row]) -> list[Html]:
    """Return the drawing, and the same as a table for who does not see it."""
    longest = max((row.total_ms for row in rows), default=0) or 1
    height = _ROW * len(rows)
    bars = [bar for place, row in enumerate(rows) for bar in _bars(row, place, longest)]
    drawing = element(
        "svg",
        *bars,
        viewBox=f"0 0 {_WIDTH} {height}",
        class_="timeline",
        aria_hidden="true",
    )
    heads = ("Request", "Address", *(f"{stage}, ms" for stage in STAGES), "All, ms")
    told = [(row.label, row.address, *row.stages, row.total_ms) for row in rows]
    return [drawing, _legend(), table(heads, told, "Timeline")]


def _answers(check: Json) -> Iterator[Json]:
    for path in check["paths"]:
        yield path
        yield from path["other_addresses"]
        yield from (hop["answer"] for hop in path["redirects"])


def _row(answer: Json, name_ms: int | None) -> Row:
    timing = answer["timing"]
    parts = [timing[name] for name in ("connect_ms", "tls_ms", "first_byte_ms")]
    total_ms = timing["total_ms"]
    rest = None if total_ms is None else max(0, total_ms - sum(part or 0 for part in parts))
    dns = name_ms if parts[0] is not None else None
    return Row(
        label=answer["path"],
        address=answer["address"] or "",
        stages=(dns, *parts, rest),
    )


def _bars(row: Row, place: int, longest: int) -> Iterator[Html]:
    top = place * _ROW
    yield element("text", row.label[:90], x="0", y=str(top + 9))
    begin = 0.0
    for stage, duration_ms in zip(STAGES, row.stages, strict=True):
        width = (duration_ms or 0) * _WIDTH / longest
        if width:
            yield element(
                "rect",
                x=f"{begin:.1f}",
                y=str(top + _BAR),
                width=f"{max(width, 1):.1f}",
                height=str(_BAR - 2),
                class_=_class(stage),
            )
        begin += width


def _legend() -> Html:
    entries = [
        element("li", element("span", class_=f"swatch {_class(stage)}"), stage) for stage in STAGES
    ]
    return element("ul", *entries, class_="legend")


def _class(stage: str) -> str:
    return f"stage-{stage.replace(' ', '-')}"
