"""What passes between an operation, which knows no I/O, and whoever runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union


@dataclass(frozen=True)
class Request:
    """What is to be sent."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_s: float = 30.0


@dataclass(frozen=True)
class Pause:
    """How long to wait before going on."""

    seconds: float


@dataclass(frozen=True)
class Reply:
    """What a server answered; the names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class Loss:
    """No answer: whether the request may have arrived, and whether it was for time."""

    error: Exception
    may_have_arrived: bool
    is_timeout: bool = False


Outcome = Union[Reply, Loss, None]
