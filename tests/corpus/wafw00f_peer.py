"""What wafw00f says of the answers of a case, by the plugins it ships; it need not be installed.

Each plugin is a function of an object that has the answer to a plain request (rq) and that to an
attack (attackres). A recorded answer is given as both, so that every plugin may look at it.
"""

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Final

from services.prober.facts import HostFacts, PathFacts
from tests.corpus.vendors import vendors_in

NOT_INSTALLED: Final = "wafw00f is not installed: no comparison"

_Plugin = Callable[[Any], bool | None]


class _Headers(dict[str, str]):
    """Headers as requests has them: names without regard to case, repeated ones joined."""

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as dict has it
        return super().get(name.lower(), default)


class _Answer:
    """The parts of a requests.Response that plugins look at."""

    def __init__(self, facts: PathFacts) -> None:
        self.status_code = facts.status
        self.reason = facts.reason
        self.url = facts.url
        self.headers = _Headers()
        for name, value in facts.headers:
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value
        self.content = facts.body
        self.text = facts.body.decode("utf-8", "replace")


def is_installed() -> bool:
    """Tell whether there is a wafw00f to compare with."""
    return find_spec("wafw00f") is not None


def vendors_known_to_it() -> frozenset[str]:
    """Return whom it has a plugin for; raise ImportError without it."""
    return vendors_in(importlib.import_module("wafw00f.main").WAFW00F.wafdetections)


def vendors_by_wafw00f(host: HostFacts) -> frozenset[str]:
    """Return all that its plugins name on the answers of a host; raise ImportError without it."""
    engine = importlib.import_module("wafw00f.main").WAFW00F
    plugins: dict[str, _Plugin] = engine.wafdetections
    answers = [_Answer(path) for path in host.paths if path.status is not None]
    named = [
        name
        for answer in answers
        for name, is_waf in plugins.items()
        if is_waf(_fed(engine, answer))
    ]
    return vendors_in(named)


def _fed(engine: Any, answer: _Answer) -> Any:  # noqa: ANN401 - it has no types
    """Return the object a plugin is called with; made without the request its maker would send."""
    fed = engine.__new__(engine)
    fed.rq = fed.attackres = answer
    return fed
