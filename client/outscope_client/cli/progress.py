"""Shows how far checks are, where somebody looks: by stage for a few, as a bar for many.

Law: progress is for people at a terminal; where standard error is none, nothing of it is written.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from outscope_client.cli.checking import Job, Told
from outscope_client.cli.wording import cleaned
from outscope_client.events import Event
from outscope_client.model import Model

A_FEW = 6


@contextmanager
def shown_progress(jobs: Sequence[Job], console: Console) -> Iterator[Told]:
    """Show progress while the context is open; yield who is told of it."""
    if not console.is_terminal:
        yield _unseen
    elif len(jobs) <= A_FEW:
        with _stages(jobs, console) as told:
            yield told
    else:
        with _bar(len(jobs), console) as told:
            yield told


def _unseen(job: Job, event: Event | None) -> None:
    del job, event


@contextmanager
def _bar(total: int, console: Console) -> Iterator[Told]:
    columns = (TextColumn("checks"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)

        def told(_: Job, event: Event | None) -> None:
            if event is None:
                progress.advance(task)

        yield told


@contextmanager
def _stages(jobs: Sequence[Job], console: Console) -> Iterator[Told]:
    reached: dict[Job, list[str]] = {job: [] for job in jobs}
    lock = threading.Lock()
    with Live(stage_table(reached), console=console, transient=True) as live:

        def told(job: Job, event: Event | None) -> None:
            with lock:
                if event is not None:
                    reached[job].append(stage_of(event))
                live.update(stage_table(reached))

        yield told


def stage_table(reached: dict[Job, list[str]]) -> Table:
    """Return a row for each check: where it is made from, and the stages it has reached."""
    table = Table(box=None, show_header=False)
    for job, stages in reached.items():
        place = cleaned(job.place or "the default place")
        last = stages[-1] if stages else "waiting"
        seen = " ".join(stages[-6:-1])
        table.add_row(Text(cleaned(job.target.fqdn)), Text(place), Text(seen, "dim"), Text(last))
    return table


def stage_of(event: Event) -> str:
    """Return a stage in a few words."""
    seen: Model = event.content
    if event.name == "port":
        return cleaned(f"port {seen.get('port')} {seen.get('state')}")
    if event.name == "tls":
        return cleaned(f"tls {seen.get('port')}")
    if event.name == "path":
        return cleaned(f"{seen.get('path')} {seen.get('status_code') or '-'}")
    return cleaned(event.name)
