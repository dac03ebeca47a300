"""What every command has in common: a client, and where it prints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from outscope_client.cli.endings import USAGE, Ended, ended_by
from outscope_client.cli.profile import Profile, profile_file, profile_from
from outscope_client.cli.wording import cleaned, escaped_json
from outscope_client.client import Client
from outscope_client.errors import OutScopeError


@dataclass
class Session:
    """The options that stand before the command."""

    url: str | None = None
    api_key: str | None = None

    @property
    def file(self) -> Path:
        """Where login stores."""
        return profile_file(os.environ)

    def profile(self) -> Profile:
        """Where to call and as whom."""
        return profile_from(self.url, self.api_key, os.environ, self.file)

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Open a client; an error of it ends the command and says why."""
        profile = self.profile()
        if not profile.api_key:
            raise Ended(
                USAGE,
                f"There is no API key for {profile.url}: run outscope login, with --url for "
                "another server, or set OUTSCOPE_API_KEY, and OUTSCOPE_URL for another",
            )
        try:
            with Client(profile.api_key, url=profile.url) as client:
                yield client
        except OutScopeError as error:
            raise ended_by(error) from error


def out() -> Console:
    """Return where results go."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=True)


def progress_console() -> Console:
    """Return where progress goes; whoever takes the results from a pipe does not get it."""
    return Console(file=sys.stderr, highlight=False)


def print_json(content: object) -> None:
    """Print an answer as it came; what could move a cursor is escaped, as JSON can have it."""
    sys.stdout.write(escaped_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n")


def print_table(heads: list[str], rows: list[list[str]]) -> None:
    """Print columns that stand below each other, each cell cleaned."""
    rows = [[cleaned(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    console = out()
    for number, row in enumerate([heads, *rows]):
        cells = (cell.ljust(width) for cell, width in zip(row, widths))
        console.print(Text("  ".join(cells).rstrip(), style="" if number else "bold"))
