"""Makes one call to the scheduler: with a deadline, the caller's key, request id and trace.

Law: what the scheduler refuses is raised as the same refusal; anything else it fails with is a bug.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import grpc
import grpc.aio

from outscope.errors import Refusal, Unavailable
from outscope.rpc.metadata import (
    IDEMPOTENCY_BESIDE,
    IDEMPOTENCY_KEY,
    X_ACCOUNT_ID,
    X_API_KEY,
    X_REQUEST_ID,
    Metadata,
    value_in,
)
from outscope.rpc.status import refusal_from
from outscope.telemetry.logs import bind
from outscope.telemetry.traceparent import TRACEPARENT, current_traceparent

Request_contra = TypeVar("Request_contra", contravariant=True)
Answer_co = TypeVar("Answer_co", covariant=True)


class Answering(Protocol[Answer_co]):
    """A call that was begun."""

    def __await__(self) -> Generator[Any, None, Answer_co]:
        """Wait for its answer."""

    async def trailing_metadata(self) -> Metadata | None:
        """Return what ended it."""


class UnaryCall(Protocol[Request_contra, Answer_co]):
    """One method of a stub."""

    def __call__(
        self,
        request: Request_contra,
        *,
        timeout: float,
        metadata: tuple[tuple[str, str], ...],
    ) -> Answering[Answer_co]:
        """Call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a call is made, and the id that ties its logs together."""

    api_key: str
    request_id: str
    # Under which the call is made once; empty when it may be made again.
    idempotency_key: str = ""
    # A digest of what the request asks beside the message that is sent.
    idempotency_beside: str = ""


class Calls:
    """Makes calls; each has a deadline, in seconds."""

    def __init__(self, deadline_s: float) -> None:
        self.deadline_s = deadline_s

    async def newer(
        self,
        method: UnaryCall[Request_contra, Answer_co],
        request: Request_contra,
        caller: Caller,
        *,
        deadline_s: float | None = None,
    ) -> Answer_co:
        """Call what a scheduler one version older does not know."""
        try:
            return await self.known(method, request, caller, deadline_s=deadline_s)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise
            # No answer of the scheduler's: it has not looked at the key.
            raise Unavailable("The scheduler is being brought up to date; try again soon") from None

    async def known(
        self,
        method: UnaryCall[Request_contra, Answer_co],
        request: Request_contra,
        caller: Caller,
        *,
        deadline_s: float | None = None,
    ) -> Answer_co:
        """Call what every scheduler knows."""
        try:
            call = method(
                request, timeout=deadline_s or self.deadline_s, metadata=metadata_of(caller)
            )
            answer = await call
        except grpc.aio.AioRpcError as error:
            raise told(error) from error
        _bind_account(await call.trailing_metadata())
        return answer


def told(error: grpc.aio.AioRpcError) -> Exception:
    """Return what a failed call comes to: a refusal, or the error itself when it is a defect."""
    _bind_account(error.trailing_metadata())
    return refusal_from(error) or error


def _bind_account(trailers: Metadata | None) -> None:
    """Put the account that the scheduler knew the caller as into the request's log lines."""
    account_id = value_in(trailers, X_ACCOUNT_ID)
    if account_id:
        bind(account_id=account_id)


def metadata_of(caller: Caller) -> tuple[tuple[str, str], ...]:
    """Return what goes along with a call made for a caller."""
    metadata: tuple[tuple[str, str], ...] = (
        (X_API_KEY, caller.api_key),
        (X_REQUEST_ID, caller.request_id),
    )
    traceparent = current_traceparent()
    if traceparent is not None:
        metadata = (*metadata, (TRACEPARENT, traceparent))
    if not caller.idempotency_key:
        return metadata
    return (
        *metadata,
        (IDEMPOTENCY_KEY, caller.idempotency_key),
        (IDEMPOTENCY_BESIDE, caller.idempotency_beside),
    )


def is_answer_of_scheduler(refusal: Refusal) -> bool:
    """Tell whether the scheduler refused a call, or failed to answer it, and not the gateway."""
    return isinstance(refusal.__cause__, grpc.aio.AioRpcError)
