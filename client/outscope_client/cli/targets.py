"""Which names a command is for: arguments, a file, or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from outscope_client.cli.endings import USAGE, Ended

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Target:
    """A name, and where it was written."""

    fqdn: str
    file: str = ""
    line: int = 0


def targets_from(names: Iterable[str], file: str | None) -> list[Target]:
    """Return every name once, in order; none at all ends the command."""
    found = [Target(name) for name in names if name != STANDARD_INPUT]
    files = [STANDARD_INPUT for name in names if name == STANDARD_INPUT]
    files += [file] if file else []
    if not found and not files and not sys.stdin.isatty():
        files = [STANDARD_INPUT]
    for each in files:
        found += targets_in(_text_of(each), each)
    told: dict[str, Target] = {}
    for target in found:
        told.setdefault(target.fqdn.lower().rstrip("."), target)
    if not told:
        raise Ended(USAGE, "There is no name: give some, a file of them, or - for standard input")
    return list(told.values())


def targets_in(text: str, file: str) -> list[Target]:
    """Return the names of a file: one a line, after # what is for people."""
    return [
        Target(name, file=file, line=number)
        for number, line in enumerate(text.splitlines(), 1)
        if (name := line.partition("#")[0].strip())
    ]


def _text_of(file: str) -> str:
    try:
        if file == STANDARD_INPUT:
            return sys.stdin.read()
        return Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Ended(USAGE, f"{file} cannot be read: {error}") from error
