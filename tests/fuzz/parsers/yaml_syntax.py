"""Whether a text is YAML: yes or no, whatever it is, as the library composes it."""

import yaml

from services.prober.judge.yaml_syntax import is_well_formed
from tests.fuzz.target import Target


def check(noise: bytes) -> None:
    """Read noise; what can be composed is well-formed, unless it is very deep."""
    text = noise.decode(errors="replace")
    if is_well_formed(text) or any(text.count(sign) > 100 for sign in "[{-?:"):
        return
    try:
        list(yaml.compose_all(text, yaml.CSafeLoader))
    except (yaml.YAMLError, ValueError):
        return
    raise AssertionError("what the library composes is said to be broken")


TARGET = Target(
    check=check,
    seeds=(
        b"openapi: 3.0.0\ninfo:\n  title: x\npaths:\n  /a:\n    get: {}\n",
        b"---\n# c\n'openapi': '3.1.0'\ninfo: &a {}\ncomponents: *a\n...\n",
        b"a: |\n  b\n- c\n",
        b"? [a, {b: !c d}]\n: >-\n  e\n",
    ),
)
