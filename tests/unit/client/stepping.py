"""Runs the operations of the client step by step, with answers made up by a test."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from outscope_client.exchange import Plan
from outscope_client.messages import Loss, Pause, Reply, Request
from outscope_client.settings import Settings


@dataclass
class Clock:
    """Goes on by what is paused, and by what a test adds."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


def settings(**changes: Any) -> Settings:  # noqa: ANN401 - any setting
    """Settings that leave nothing to chance."""
    keys = iter(f"key-{number}" for number in range(1000))
    told = {
        "chance": lambda: 1.0,
        "new_idempotency_key": lambda: next(keys),
        "wall_clock": lambda: 1_776_765_600.0,
        **changes,
    }
    return Settings(url="https://api.test", api_key="svc_key", **told)


def reply(status: int = 200, content: object = None, **headers: str) -> Reply:
    """One answer; underscores in names of headers are hyphens."""
    body = b"" if content is None else json.dumps(content).encode()
    return Reply(
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        content=body,
    )


def refusal(status: int, code: str, details: object = None, **headers: str) -> Reply:
    """One answer that refuses."""
    problem = {"code": code, "message": "No", "details": details or {}, "request_id": "req_1"}
    return reply(status, {"error": problem}, **headers)


@dataclass
class Run:
    """What a plan asked for, and what it came to."""

    requests: list[Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    result: Any = None


def run(
    plan: Plan[Any], answers: Iterator[Reply | Loss], told: Settings, clock: Clock | None = None
) -> Run:
    """Run a plan; an error it raises has the run as its `run`."""
    seen = Run()
    steps = plan.steps(told)
    outcome: Reply | Loss | None = None
    try:
        while True:
            step = steps.send(outcome)
            if isinstance(step, Pause):
                seen.pauses.append(step.seconds)
                if clock is not None:
                    clock.now_s += step.seconds
                outcome = None
            else:
                seen.requests.append(step)
                outcome = next(answers)
    except StopIteration as end:
        seen.result = end.value
    except Exception as error:
        error.run = seen  # type: ignore[attr-defined]  # told to the test beside the error
        raise
    return seen
