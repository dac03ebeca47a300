"""What a fuzz target is: a check that any bytes must pass, and some bytes to begin with.

Law: a check raises when its parser does what it never may, and for no other reason.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

PARSERS: Final = Path(__file__).parent / "parsers"
_PACKAGE: Final = "tests.fuzz.parsers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One parser of ours, and what holds of it whatever it is fed."""

    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    # The longest input that is tried.
    max_bytes: int = 4096


def target_names() -> tuple[str, ...]:
    """Return the names of all targets: those of the modules in the folder of parsers."""
    return tuple(sorted(path.stem for path in PARSERS.glob("[a-z]*.py")))


def module_of(name: str) -> str:
    """Return the module a target stands in."""
    return f"{_PACKAGE}.{name}"


def target_in(module: str) -> Target:
    """Import a module and return the target in it."""
    found = import_module(module).TARGET
    if not isinstance(found, Target):
        raise TypeError(f"{module}.TARGET is no fuzz target")
    return found


def cut(noise: bytes) -> tuple[bytes, list[bytes]]:
    """Return a message and the pieces it comes in; the first byte of the noise says how it is cut.

    0 leaves it whole, 1 sends it byte by byte, and any other number cuts it in a way of its own.
    """
    if not noise:
        return b"", []
    manner, message = noise[0], noise[1:]
    if manner == 0:
        return message, [message] if message else []
    chance = random.Random(manner)
    pieces = []
    rest = message
    while rest:
        size = 1 if manner == 1 else chance.choice((1, 2, 3, 7, 20, 64, 300))
        pieces.append(rest[:size])
        rest = rest[size:]
    return message, pieces
