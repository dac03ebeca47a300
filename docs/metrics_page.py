"""Renders docs/metrics.md: every metric that is declared in the code, and who exposes it.

Law: a metric is declared with its name, help and labels written out, never computed: what cannot
be read here would be left out of the page.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

METRICS_SOURCE: Final = "the metric where it is declared"
_FOLDERS: Final = ("outscope", "services")
_TYPES: Final = frozenset({"Counter", "Gauge", "Histogram"})
_MODULES: Final = frozenset({"outscope.telemetry.metrics", "prometheus_client"})
_ARGUMENTS: Final = ("name", "documentation", "labelnames")
_SHARED: Final = "shared"
_TOTAL: Final = "_total"
_OPENING: Final = """\
Every service answers `GET /metrics` in Prometheus' text format, where it answers `/healthz`.
A histogram `x` is read as `x_bucket`, `x_sum` and `x_count`.
No label names a check, an account or a target: their number has no bound.
"""
_HEAD: Final = "| Metric | Type | Labels | Meaning | Declared in |\n|---|---|---|---|---|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric by the name under which it is exposed."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str
    # Relative to the root of the repository.
    path: str

    @property
    def service(self) -> str:
        """Return the service that exposes it, or `shared`."""
        folder, _, rest = self.path.partition("/")
        return rest.partition("/")[0] if folder == "services" else _SHARED


def metrics(root: Path) -> list[Metric]:
    """Return the metrics declared in the code, in order of their names.

    Raises ValueError for a metric whose name, help or labels are not written out.
    """
    files = sorted(file for folder in _FOLDERS for file in (root / folder).rglob("*.py"))
    found = (
        metric
        for file in files
        for metric in metrics_of(file.read_text("utf-8"), file.relative_to(root).as_posix())
    )
    return sorted(found, key=lambda metric: metric.name)


def metrics_of(source: str, path: str) -> Iterator[Metric]:
    """Yield the metrics that one file declares; raises ValueError as metrics() does."""
    nodes = tuple(ast.walk(ast.parse(source, path)))
    types = {
        alias.asname or alias.name: alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module in _MODULES
        for alias in node.names
        if alias.name in _TYPES
    }
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in types:
            yield _metric(node, types[node.func.id], path)


def metrics_body(declared: Iterable[Metric]) -> str:
    """Return the page without its title."""
    services: dict[str, list[Metric]] = {}
    for metric in declared:
        services.setdefault(metric.service, []).append(metric)
    sections = (
        "\n".join([f"\n## {name.capitalize()}\n", _HEAD, *map(_row, services[name])])
        for name in sorted(services, key=lambda name: (name == _SHARED, name))
    )
    return _OPENING + "\n".join(sections)


def _metric(call: ast.Call, kind: str, path: str) -> Metric:
    given = dict(zip(_ARGUMENTS, call.args, strict=False))
    given |= {word.arg: word.value for word in call.keywords if word.arg in _ARGUMENTS}
    try:
        name = ast.literal_eval(given["name"])
        meaning = ast.literal_eval(given["documentation"])
        labels = tuple(ast.literal_eval(given["labelnames"])) if "labelnames" in given else ()
    except (KeyError, ValueError) as error:
        message = f"{path}:{call.lineno}: a metric has its name, help and labels written out"
        raise ValueError(message) from error
    if kind == "Counter":
        name = name.removesuffix(_TOTAL) + _TOTAL
    return Metric(name=name, kind=kind.lower(), labels=labels, meaning=meaning, path=path)


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "—"
    source = f"[{metric.path}](../{metric.path})"
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.meaning} | {source} |"
