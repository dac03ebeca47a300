"""What PromQL names: metrics, and the labels they are chosen and grouped by."""

import re
from collections.abc import Iterator
from typing import Any, Final

from docs.metrics_page import Metric, metrics
from tests.architecture.tree import ROOT

FOLDER: Final = ROOT / "deploy/observability"
# What Prometheus and its client add to everything.
TARGET_LABELS: Final = frozenset({"job", "instance", "le"})
# Metrics of every process, by prometheus-client, and of Prometheus itself.
GIVEN: Final = frozenset(
    {
        *("process_cpu_seconds_total", "process_resident_memory_bytes"),
        *("process_open_fds", "process_max_fds", "up"),
    }
)
_TEXT: Final = re.compile(r'"[^"]*"')
_GROUPED: Final = re.compile(r"\b(?:by|ignoring|on|group_left|without)\s*\(([^)]*)\)")
_CHOSEN: Final = re.compile(r"([a-z_:][a-z0-9_:]*)\s*\{([^}]*)\}")
_NAME: Final = re.compile(r"\b([a-z][a-z0-9_]*)\b(?!\s*\()")
_WORDS: Final = frozenset({"by", "unless", "bool", "on", "ignoring", "group_left", "and", "or"})


def exposed() -> dict[str, Metric]:
    """Every name under which a metric of ours is exposed."""
    found: dict[str, Metric] = {}
    for metric in metrics(ROOT):
        endings = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        found |= {metric.name + ending: metric for ending in endings}
    return found


def faults(expression: str, known: dict[str, Metric]) -> list[str]:
    """What an expression names that there is not."""
    bare = _TEXT.sub('""', re.sub(r"\[[^\]]*\]", "", expression))
    names = set(_NAME.findall(_GROUPED.sub("", re.sub(r"\{[^}]*\}", "", bare)))) - _WORDS
    found = [f"no metric {name}" for name in sorted(names - known.keys() - GIVEN)]
    labels = TARGET_LABELS.union(*(known[name].labels for name in names & known.keys()))
    for name, matchers in _CHOSEN.findall(bare):
        own = TARGET_LABELS | set(known[name].labels if name in known else ())
        found += [f"no label {each} of {name}" for each in _labels(matchers) if each not in own]
    for grouped in _GROUPED.findall(bare):
        found += [f"no label {each}" for each in _labels(grouped) if each not in labels]
    return found


def _labels(text: str) -> Iterator[str]:
    for part in text.split(","):
        label = re.match(r"\s*([a-z_]+)", part)
        if label is not None:
            yield label[1]


def targets(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The expressions of a dashboard, each with the title of its panel."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
