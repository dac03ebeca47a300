"""Progress is for people at a terminal."""

import io

from outscope_client.cli.checking import Job
from outscope_client.cli.progress import shown_progress, stage_of
from outscope_client.cli.targets import Target
from outscope_client.events import Event
from outscope_client.model import Model
from rich.console import Console

STAGES = [
    Event("started", Model({"vantage_point": "eu-west-1"})),
    Event("port", Model({"port": 443, "state": "open\x1b[2J"})),
    Event("path", Model({"path": "/", "status_code": 200})),
]


def jobs(count: int) -> list[Job]:
    return [Job(Target(f"{number}.example"), ("eu-west-1",)) for number in range(count)]


def shown(count: int, *, terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=100)
    with shown_progress(jobs(count), console) as told:
        for event in (*STAGES, None):
            told(jobs(count)[0], event)
    return stream.getvalue()


def test_a_few_are_shown_by_stage_and_many_as_a_bar() -> None:
    few = shown(2, terminal=True)
    assert "0.example" in few
    assert "/ 200" in few
    many = shown(50, terminal=True)
    assert "1/50" in many


def test_where_nobody_looks_nothing_is_written() -> None:
    assert shown(2, terminal=False) == shown(50, terminal=False) == ""


def test_a_stage_is_told_in_a_few_words() -> None:
    assert [stage_of(event) for event in STAGES] == ["started", "port 443 open\ufffd[2J", "/ 200"]
