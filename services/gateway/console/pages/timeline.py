"""Where the time of each request went, drawn to one scale: DNS, TCP, TLS, first byte, the rest.

The name is looked up once for all of them, and stands in front of those that opened a connection.
Requests stand beneath the address that they were sent to, in the order in which they were made.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from services.gateway.console.pages.layout import table
from services.gateway.html import Html, element

Json = Mapping[str, Any]

STAGES: Final = ("DNS", "TCP", "TLS", "first byte", "rest")
_WIDTH: Final = 1000
_HEIGHT: Final = 10
# What took less than a millisecond is seen, too.
_LEAST: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One request: what it asked, where, and its milliseconds by stage, None where not needed."""

    label: str
    server: str
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
    places = dict.fromkeys((row.server, row.address) for row in rows)
    drawn = [
        element(
            "section",
            element("h3", server, element("span", f" at {address}", class_="soft")),
            element(
                "ol",
                *(_bar(row, longest) for row in rows if (row.server, row.address) == place),
                class_="bars",
            ),
        )
        for place in places
        for server, address in [place]
    ]
    heads = ("Request", "Server", "Address", *(f"{stage}, ms" for stage in STAGES), "All, ms")
    told = [(row.label, row.server, row.address, *row.stages, row.total_ms) for row in rows]
    numbers = element(
        "details",
        element("summary", "The same in numbers"),
        table(heads, told, "Timeline in numbers"),
    )
    scale = element("p", f"To one scale: a whole line is {longest} ms.", class_="soft")
    return [_legend(), element("div", *drawn, class_="waterfall"), scale, numbers]


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
        server=_server(answer["url"]),
        address=answer["address"] or "an address that is not known",
        stages=(dns, *parts, rest),
    )


def _server(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else url


def _bar(row: Row, longest: int) -> Html:
    drawing = element(
        "svg",
        *_stages(row, longest),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    told = element("code", row.label), drawing, element("span", f"{row.total_ms} ms", class_="soft")
    return element("li", *told)


def _stages(row: Row, longest: int) -> Iterator[Html]:
    begin = 0.0
    for stage, duration_ms in zip(STAGES, row.stages, strict=True):
        if duration_ms is None:
            continue
        width = duration_ms * _WIDTH / longest
        yield element(
            "rect",
            x=f"{min(begin, _WIDTH - _LEAST):.1f}",
            y="0",
            width=f"{max(width, _LEAST):.1f}",
            height=str(_HEIGHT),
            class_=_class(stage),
        )
        begin += width


def _legend() -> Html:
    entries = [
        element("li", element("span", class_=f"swatch {_class(stage)}"), stage) for stage in STAGES
    ]
    return element("ul", *entries, class_="legend")


def _class(stage: str) -> str:
    return f"stage-{stage.replace(' ', '-').lower()}"
