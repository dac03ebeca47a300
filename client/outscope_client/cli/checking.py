"""Carries out checks and gathers what came of each, with progress on the way.

Law: every target has one result, whatever happens: a check, or what kept it from being one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Callable, Optional

from outscope_client.cli.endings import MET, REFUSED, UNDECIDED, USAGE
from outscope_client.cli.targets import Target
from outscope_client.client import Client
from outscope_client.errors import APIError, OutScopeError, WaitTimeoutError
from outscope_client.events import Event
from outscope_client.models import Check

BATCH = 100
_EVERYWHERE = "all"
_TAG_MARK = ":"
_AT_ONCE = 8
Told = Callable[["Job", Optional[Event]], None]


@dataclass(frozen=True)
class Job:
    """One check to make: of which name, from where, and with what else."""

    target: Target
    # The default place when there is none.
    places: tuple[str, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def place(self) -> str:
        """Return from where for people; empty when nothing is said of it."""
        return ", ".join(self.places)

    def as_request(self) -> dict[str, Any]:
        """Return what POST /v1/check takes."""
        return {"fqdn": self.target.fqdn, **self._place(), **dict(self.options)}

    def _place(self) -> dict[str, Any]:
        if not self.places:
            return {}
        if self.places == (_EVERYWHERE,):
            return {"vantage_points": _EVERYWHERE}
        if len(self.places) == 1 and _TAG_MARK not in self.places[0]:
            return {"vantage_point": self.places[0]}
        return {"vantage_points": list(self.places)}


@dataclass(frozen=True)
class Result:
    """What came of a job: a check that has ended, or a problem."""

    job: Job
    check: Check | None = None
    problem: str = ""
    problem_code: str = ""

    @property
    def ending(self) -> int:
        """Return the exit code that this result alone asks for."""
        if self.problem_code == "invalid_request":
            return USAGE
        if self.check is None:
            return UNDECIDED
        if self.check["status"] == "completed":
            return MET
        failure = self.check.get("failure")
        return REFUSED if failure and failure["owner"] == "policy" else UNDECIDED

    def as_object(self) -> dict[str, Any]:
        """Return it for a program: the check, or the name and the problem."""
        if self.check is not None:
            return dict(self.check)
        problem = {"code": self.problem_code, "message": self.problem}
        return {"fqdn": self.job.target.fqdn, "error": problem}


def jobs_for(
    targets: Iterable[Target], places: Sequence[str], options: Mapping[str, Any]
) -> list[Job]:
    """Return a job for each name from each place; the default place when none is given."""
    told = tuple(options.items())
    each: list[tuple[str, ...]] = [(place,) for place in places] or [()]
    return [Job(target, place, told) for target in targets for place in each]


def joint_jobs_for(
    targets: Iterable[Target], places: Sequence[str], options: Mapping[str, Any]
) -> list[Job]:
    """Return one job for each name, from all the places together."""
    different = tuple(dict.fromkeys(places))
    return [Job(target, different, tuple(options.items())) for target in targets]


def results_of(
    client: Client, jobs: Sequence[Job], timeout_s: float, told: Told, *, live: bool
) -> list[Result]:
    """Carry out every job and return the results in order; live tells each event of each."""
    found: dict[Job, Result] = {}
    for start in range(0, len(jobs), BATCH):
        for result in _of_batch(client, jobs[start : start + BATCH], timeout_s, told, live=live):
            found[result.job] = result
            told(result.job, None)
        for job in jobs[start : start + BATCH]:
            if job not in found:
                found[job] = _left_out(job)
                told(job, None)
    return [found[job] for job in jobs]


def _of_batch(
    client: Client, jobs: Sequence[Job], timeout_s: float, told: Told, *, live: bool
) -> Iterator[Result]:
    try:
        batch = client.checks.create_batch([job.as_request() for job in jobs])
    except OutScopeError as error:
        each = _refused(jobs, error.errors) if isinstance(error, APIError) else {}
        for index, job in enumerate(jobs):
            yield each.get(index) or _problem(job, error)
        return
    refused = _refused(jobs, batch["errors"])
    yield from refused.values()
    accepted = [job for index, job in enumerate(jobs) if index not in refused]
    with ThreadPoolExecutor(min(_AT_ONCE, max(1, len(accepted)))) as pool:
        ending = _followed if live else _awaited
        futures = [
            pool.submit(ending, client, job, created["id"], timeout_s, told)
            for job, created in zip(accepted, batch["created"])
        ]
        yield from (future.result() for future in as_completed(futures))


def _refused(jobs: Sequence[Job], errors: Iterable[Mapping[str, Any]]) -> dict[int, Result]:
    """Return what became of each job, by its index, of which no check was created."""
    indices = range(len(jobs))
    return {
        one["index"]: Result(
            jobs[one["index"]],
            problem=str(one["error"].get("message", "")),
            problem_code=str(one["error"].get("code", "")),
        )
        for one in errors
        if one["index"] in indices
    }


def _awaited(client: Client, job: Job, check_id: str, timeout_s: float, told: Told) -> Result:
    del told
    return _ended(client, job, check_id, timeout_s, time.monotonic() + timeout_s)


def _followed(client: Client, job: Job, check_id: str, timeout_s: float, told: Told) -> Result:
    ends_at = time.monotonic() + timeout_s
    try:
        for event in client.checks.follow(check_id, timeout=timeout_s):
            told(job, event)
    except OutScopeError as error:
        if isinstance(error, APIError):
            return _problem(job, error)
    # The stages are for people: without them the end is still to be had.
    return _ended(client, job, check_id, timeout_s, ends_at)


def _ended(client: Client, job: Job, check_id: str, timeout_s: float, ends_at: float) -> Result:
    try:
        left_s = max(0.0, ends_at - time.monotonic())
        return Result(job, check=client.checks.wait(check_id, timeout=left_s))
    except WaitTimeoutError:
        problem = f"still pending after {timeout_s:g} s; it goes on: outscope watch {check_id}"
        return Result(job, problem=problem, problem_code="pending")
    except OutScopeError as error:
        return _problem(job, error)


def _left_out(job: Job) -> Result:
    problem = "The server's answer to the batch says nothing of this name"
    return Result(job, problem=problem, problem_code="unreadable")


def _problem(job: Job, error: OutScopeError) -> Result:
    code = getattr(error, "error_code", "") or type(error).__name__
    return Result(job, problem=str(error), problem_code=code)
