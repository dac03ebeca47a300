"""One operation of the API: where it is, what it takes and gives, and the function that runs it.

The routes and the OpenAPI document are both made from these, so they cannot differ.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from outscope.errors import InflightLimited, QuotaExceeded, RateLimited, Refusal
from services.gateway.badges import Badges
from services.gateway.calls import Caller
from services.gateway.printer import Printer
from services.gateway.scheduler import Scheduler
from services.gateway.schemas.request import RequestModel
from services.gateway.waits import Waits

ALLOWANCE_HEADERS: Final[Mapping[str, str]] = {
    "RateLimit-Limit": "Checks that may be created in a minute; absent without a limit.",
    "RateLimit-Remaining": "Checks left of them.",
    "RateLimit-Reset": "Seconds until all are left again.",
}
# What a create can be refused for although nothing is wrong with it.
LIMITS: Final[tuple[type[Refusal], ...]] = (RateLimited, InflightLimited, QuotaExceeded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request with all that is needed to answer it."""

    request: Request
    caller: Caller
    scheduler: Scheduler
    # The OpenAPI document, encoded.
    document: bytes
    waits: Waits
    printer: Printer
    badges: Badges


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer as the document describes it."""

    description: str
    # A typed dictionary, str for text with an example, or None for what is not JSON of ours.
    schema: Any = None
    example: object = None
    # Further ones by name, for fields that one answer cannot show together.
    further_examples: Mapping[str, object] = field(default_factory=dict)
    # Empty for an answer without a body.
    media_type: str = "application/json"
    # Name to description.
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the router and the document need to know of one method of one path."""

    method: str
    path: str
    run: Callable[[Call], Awaitable[Response]]
    name: str
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    description: str = ""
    refusals: tuple[type[Refusal], ...] = ()
    query: type[RequestModel] | None = None
    body: type[RequestModel] | None = None
    body_example: object = None
    # No body is the empty object.
    body_may_be_absent: bool = False
    # Path parameter to its description.
    parameters: Mapping[str, str] = field(default_factory=dict)
    # Request header to its description.
    request_headers: Mapping[str, str] = field(default_factory=dict)
    needs_key: bool = True
    # Done once under an Idempotency-Key.
    creates: bool = False
    # Answered with an ETag, and with 304 to who sends it back.
    is_conditional: bool = False
    # Asked by machines every few seconds: its answers are not worth a line each.
    is_polled: bool = False

    @property
    def refuses_parameters(self) -> bool:
        """Whether it reads something and takes no parameters, so that any would be a mistake."""
        return self.needs_key and self.method == "GET" and self.query is None
