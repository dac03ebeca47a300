"""A mapping in YAML: read by its indentation once, whatever its lines."""

from typing import Any

from services.prober.judge.json_members import CUT
from services.prober.judge.yaml_members import members_in_yaml
from tests.fuzz.target import Target

_DEPTH = 16


def check(noise: bytes) -> None:
    """Read noise as a description."""
    text = noise.decode(errors="replace")
    members = members_in_yaml(text)
    assert members == members_in_yaml(text) or "nan" in text.lower()
    for name, value in members.items():
        assert name in text
        _is_plain(value, 0)


def _is_plain(value: Any, depth: int) -> None:  # noqa: ANN401 - any value of YAML
    if value is CUT or depth > _DEPTH:
        return
    if isinstance(value, dict):
        for inner in value.values():
            _is_plain(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _is_plain(inner, depth + 1)
    else:
        assert value is None or isinstance(value, str | int | float | bool)


TARGET = Target(
    check=check,
    seeds=(
        b"openapi: 3.0.0\ninfo:\n  title: |\n    x: y\nservers:\n- url: /v1\n",
        b"paths:\n  /a:\n    get: {}\n",
        b"a:\n  - b: 1\n    c: [1, 2]\n  - - d\n# e\nf: 'g: h' # i\n",
        b"a:\n\tb: c\n  d: e\n f: g\n",
        b"- a\n-\n  b: c\n",
    ),
)
