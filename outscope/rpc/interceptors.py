"""What happens around every call we serve: a request id, a metric, and errors told by one table.

No more calls are let in at once than can be served: whoever comes beyond is told so, and not left
to wait. Streams wait for something most of the time, so there may be more of them.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Any, Final, NoReturn, TypeAlias

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status

from outscope.clock import Clock
from outscope.deadline import deadline_in
from outscope.errors import InvalidRequest, Overloaded, Refusal
from outscope.ids import REQUEST_PREFIX, is_request_id, new_id
from outscope.rpc.metadata import (
    NEVER,
    RETRY_PUSHBACK,
    X_ACCOUNT_ID,
    X_REQUEST_ID,
    value_in,
)
from outscope.rpc.status import STATUS_DETAILS_KEY, internal_status, status_of
from outscope.telemetry.logs import bound, bound_field, logger
from outscope.telemetry.metrics import RPC_ACTIVE, RPC_DURATION_SECONDS, RPC_PLACES
from outscope.telemetry.traceparent import TRACEPARENT, carried
from outscope.telemetry.tracing import Attributes, Kind, span

log = logger(__name__)

_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}
_CODES_BY_NAME: Final = {code.name: code for code in grpc.StatusCode}
# What makes a call's span a failed one: of the server's own statuses those that are its fault.
# https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
_OURS: Final = frozenset(
    {
        *(grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED),
        *(grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INTERNAL),
        *(grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DATA_LOSS),
    }
)
MAX_CALLS: Final = 2000
MAX_STREAMS: Final = 20_000
# Of health and of reflection, which anybody may ask who reaches an address.
MAX_LOOKERS: Final = 500
_RETRY_AFTER_S: Final = 1

# Quoted: generic for the type checker only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Decode: TypeAlias = Callable[[bytes], Any]


class Places:
    """Counts what is being served, up to a number."""

    def __init__(self, most: int, kind: str) -> None:
        self._most = most
        self._taken = 0
        self._active = RPC_ACTIVE.labels(kind)
        RPC_PLACES.labels(kind).set(most)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take a place for as long as the context is open, or raise Overloaded."""
        if self._taken >= self._most:
            raise Overloaded(
                f"{self._most} calls are being served, and no more are; try again in a moment",
                retry_after_s=_RETRY_AFTER_S,
            )
        self._taken += 1
        self._active.inc()
        try:
            yield
        finally:
            self._taken -= 1
            self._active.dec()


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps unary and server-streaming methods; refusals become status, the rest internal_error."""

    def __init__(
        self, clock: Clock, *, max_calls: int = MAX_CALLS, max_streams: int = MAX_STREAMS
    ) -> None:
        self._clock = clock
        self._calls = Places(max_calls, "call")
        self._streams = Places(max_streams, "stream")
        self._lookers = Places(MAX_LOOKERS, "looker")

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Return the method's handler, wrapped."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None:
            return None
        if method.startswith("/grpc."):
            return self._looking(handler)
        decode = handler.request_deserializer or bytes
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(handler.unary_unary, decode, method),
                response_serializer=handler.response_serializer,
            )
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(handler.unary_stream, decode, method),
                response_serializer=handler.response_serializer,
            )
        return handler

    def _unary(self, serve: Callable[..., Any], decode: Decode, method: str) -> Callable[..., Any]:
        async def wrapped(request: bytes, context: Context) -> object:
            async with self._call(method, context):
                with self._calls.taken():
                    return await serve(_message_in(request, decode), context)

        return wrapped

    def _stream(self, serve: Callable[..., Any], decode: Decode, method: str) -> Callable[..., Any]:
        # Not a generator: gRPC leaves one where it is when the caller goes, and what it holds would
        # be given up later, by whoever collects it.
        async def wrapped(request: bytes, context: Context) -> None:
            async with self._call(method, context):
                with self._streams.taken():
                    async with aclosing(serve(_message_in(request, decode), context)) as answers:
                        async for answer in answers:
                            await _write(context, answer)

        return wrapped

    def _looking(self, handler: Handler) -> Handler:
        """Count what may last: it is left open at no cost to who asked."""
        if handler is None or handler.unary_unary:
            return handler
        serve: Callable[..., Any] = handler.unary_stream or handler.stream_stream  # type: ignore[assignment] # the sync stubs
        make = (
            grpc.unary_stream_rpc_method_handler
            if handler.unary_stream
            else grpc.stream_stream_rpc_method_handler
        )

        async def wrapped(request: object, context: Context) -> None:
            try:
                with self._lookers.taken():
                    await _all_written(serve(request, context), context)
            except Overloaded as refusal:
                await _abort(context, status_of(refusal, self._request_id(context)))

        return make(
            wrapped,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    @asynccontextmanager
    async def _call(self, method: str, context: Context) -> AsyncIterator[None]:
        request_id = self._request_id(context)
        started_s = time.monotonic()
        code = grpc.StatusCode.OK
        trace = value_in(context.invocation_metadata(), TRACEPARENT)
        remaining_s = context.time_remaining()
        with (
            bound(request_id=request_id),
            carried(trace),
            span(method[1:], Kind.SERVER, _attributes(method)) as call,
            deadline_in(remaining_s),
        ):
            try:
                yield
                context.set_trailing_metadata(_account_told())
            except Refusal as refusal:
                code = _CODES_BY_NAME[refusal.grpc_code]
                await _abort(context, status_of(refusal, request_id))
            except asyncio.CancelledError:
                code = grpc.StatusCode.CANCELLED
                raise
            except Exception as error:  # noqa: BLE001 - anything else is a defect of ours
                code = grpc.StatusCode.INTERNAL
                log.error("call failed", method=method, exception=error)  # noqa: TRY400 - with fields
                await _abort(context, internal_status(request_id))
            finally:
                elapsed_s = time.monotonic() - started_s
                RPC_DURATION_SECONDS.labels(method, code.name).observe(elapsed_s)
                call.note({"rpc.response.status_code": code.name})
                if code in _OURS:
                    call.fail(code.name)

    def _request_id(self, context: Context) -> str:
        sent = value_in(context.invocation_metadata(), X_REQUEST_ID)
        if sent and is_request_id(sent):
            return sent
        return new_id(REQUEST_PREFIX, int(self._clock().timestamp() * 1000))


def _attributes(method: str) -> Attributes:
    return {"rpc.system.name": "grpc", "rpc.method": method[1:]}


def _message_in(request: bytes, decode: Decode) -> object:
    """Decode a request here, where what cannot be decoded is the caller's fault, not a defect."""
    try:
        return decode(request)
    except DecodeError as error:
        raise InvalidRequest(
            "The request is not a message of this method: malformed protobuf, or text not in UTF-8"
        ) from error


async def _all_written(answering: Any, context: Context) -> None:  # noqa: ANN401 - either kind
    """Wait for a handler of either kind: one that writes itself, or one whose answers are."""
    if not isinstance(answering, AsyncGenerator):
        await answering
        return
    async with aclosing(answering) as answers:
        async for answer in answers:
            await _write(context, answer)


async def _write(context: Context, answer: object) -> None:
    try:
        await context.write(answer)
    except grpc.aio.BaseError as error:  # the caller hung up, or the server has stopped
        raise asyncio.CancelledError from error


def _account_told() -> tuple[tuple[str, str], ...]:
    """Return what tells the caller as whom it was known: its own logs have it, too."""
    account_id = bound_field("account_id")
    return ((X_ACCOUNT_ID, account_id),) if isinstance(account_id, str) else ()


async def _abort(context: Context, status: Status) -> NoReturn:
    trailers = (
        (STATUS_DETAILS_KEY, status.SerializeToString()),
        # Clients repeat by themselves what did not reach us. This did: they are told why instead.
        (RETRY_PUSHBACK, NEVER),
        *_account_told(),
    )
    await context.abort(_CODES[status.code], status.message, trailing_metadata=trailers)
