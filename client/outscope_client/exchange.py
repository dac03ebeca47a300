"""One operation without I/O: the request built, the retry decided, the answer read.

Law: nothing here sends, sleeps or waits. An operation is a generator that yields a Request or a
Pause and is sent what came of it: a Reply, a Loss, or None. Whoever runs it does the rest, blocking
or not, and knows nothing of OutScope.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Generic, Protocol, TypeVar, Union
from urllib.parse import quote

from outscope_client.errors import (
    APIError,
    CallTimeoutError,
    ConfigurationError,
    ConnectionFailedError,
    UnreadableAnswerError,
    error_class,
)
from outscope_client.messages import Loss, Outcome, Pause, Reply, Request
from outscope_client.retry import pause_s_after, retry_after_s
from outscope_client.settings import Settings

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


Steps = Generator[Union[Request, Pause], Outcome, T]


class Plan(Protocol[T_co]):
    """Anything that can be run step by step."""

    def steps(self, settings: Settings) -> Steps[T_co]:
        """Return its steps from the beginning."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One operation: what to ask and how to read the answer.

    A call that is_repeatable may arrive twice without harm; one that creates has a key by which
    the server knows it again.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    is_repeatable: bool = True
    creates: bool = False
    idempotency_key: str | None = None
    extra_timeout_s: float = 0.0

    def steps(self, settings: Settings) -> Steps[T]:
        """Ask until there is an answer, or no sense in asking again."""
        request = self._request(settings)
        attempt = 1
        while True:
            outcome = yield request
            pause_s = pause_s_after(outcome, attempt, settings, is_repeatable=self.is_repeatable)
            if pause_s is None:
                return self._read(outcome, settings)
            yield Pause(pause_s)
            attempt += 1

    def _read(self, outcome: Outcome, settings: Settings) -> T:
        try:
            return self.read(answer_in(outcome, settings))
        except RecursionError as error:
            raise UnreadableAnswerError(
                f"{settings.url} answered with JSON that is nested too deeply"
            ) from error

    def _request(self, settings: Settings) -> Request:
        headers = {"content-type": "application/json"} if self.body is not None else {}
        if self.creates:
            key = self.idempotency_key or settings.new_idempotency_key()
            if not (key.isascii() and key.isprintable()):
                raise ConfigurationError(
                    "An idempotency key is of printable ASCII characters; a header takes no others"
                )
            headers["idempotency-key"] = key
        return Request(
            method=self.method,
            path=self.path,
            query=self.query,
            headers=headers,
            body=None if self.body is None else json.dumps(self.body).encode(),
            timeout_s=settings.timeout_s + self.extra_timeout_s,
        )


def segment(text: str) -> str:
    """Return one part of a path; what a person typed leads to no other route."""
    # Dots would be taken for a step up; of nothing and of those alike no id is made.
    return "%00" if text in {"", ".", ".."} else quote(text, safe="")


def present(**members: object) -> dict[str, object]:
    """Return the members that were given: what is None is left to the server's default."""
    return {name: member for name, member in members.items() if member is not None}


def answer_in(outcome: Outcome, settings: Settings) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return what a successful answer says; raise what any other stands for."""
    if isinstance(outcome, Loss):
        kind = CallTimeoutError if outcome.is_timeout else ConnectionFailedError
        raise kind(
            f"No answer from {settings.url}: {str(outcome.error) or type(outcome.error).__name__}"
        ) from outcome.error
    if not isinstance(outcome, Reply):
        raise TypeError("a request is answered by a Reply or a Loss")
    is_success = 200 <= outcome.status < 300  # noqa: PLR2004 - the statuses of success
    if not is_success:
        raise refusal_in(outcome, settings)
    if not outcome.content:
        return {}
    told = _json(outcome.content)
    if not isinstance(told, dict):
        raise UnreadableAnswerError(
            f"{settings.url} answered {outcome.status} with what is no JSON object; "
            "is it the address of OutScope's API?"
        )
    return told


def refusal_in(reply: Reply, settings: Settings) -> APIError:
    """Return the error that an answer tells of."""
    told = _json(reply.content)
    problem = told.get("error") if isinstance(told, dict) else None
    problem = problem if isinstance(problem, dict) else {}
    code = str(problem.get("code", ""))
    details = problem.get("details")
    refusal = error_class(code, reply.status)(
        str(problem.get("message") or f"{settings.url} answered {reply.status} without a reason"),
        status=reply.status,
        error_code=code,
        details=details if isinstance(details, dict) else None,
        request_id=str(problem.get("request_id") or reply.headers.get("x-request-id", "")),
        retry_after_s=retry_after_s(reply.headers, settings.wall_clock()),
    )
    refusal.errors = _refused_items(told)
    return refusal


def _refused_items(told: object) -> list[dict[str, Any]]:
    """Return what an answer says of each item of a batch; what has another shape is passed over."""
    items = told.get("errors") if isinstance(told, dict) else None
    return [
        item
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, dict)
        and isinstance(item.get("index"), int)
        and isinstance(item.get("error"), dict)
    ]


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):  # no JSON, or deeper than anything of ours
        return None
