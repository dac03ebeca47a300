"""Asks the REST API from within the process, as the caller whose session it is.

Law: a page is made of documented answers alone, so what it shows anybody can ask for with curl, and
a page can do nothing that its key could not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outscope.rpc.metadata import X_API_KEY, X_REQUEST_ID
from services.gateway.hang_up import HANG_UP
from services.gateway.middleware.request_id import request_id_of

Json = Mapping[str, Any]
Headers = list[tuple[bytes, bytes]]

_SUCCESS: Final = range(200, 300)
_REQUEST_ID: Final = X_REQUEST_ID.encode()
_GOING_ON: Final = frozenset({b"accept", b"last-event-id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAnswer:
    """A status with its JSON; empty where there is none."""

    status: int
    body: Json

    @property
    def is_success(self) -> bool:
        """Whether it is what was asked for."""
        return self.status in _SUCCESS

    @property
    def code(self) -> str:
        """Return the error.code of a refusal."""
        return str(self.body.get("error", {}).get("code", ""))

    @property
    def message(self) -> str:
        """Return what a refusal says to people."""
        return str(self.body.get("error", {}).get("message", f"The answer was {self.status}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The API on behalf of one request to the console."""

    app: ASGIApp
    request: Request
    api_key: str

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: Json | None = None,
        once: str = "",
    ) -> ApiAnswer:
        """Return an answer; once is an Idempotency-Key."""
        content = b"" if body is None else to_json(body)
        headers = [(b"content-length", str(len(content)).encode())]
        if body is not None:
            headers.append((b"content-type", b"application/json"))
        if once:
            headers.append((b"idempotency-key", once.encode("latin-1", "replace")))
        answer = _Collected()
        await self.app(self._scope(method, path, query, headers), _sent_once(content), answer.send)
        return answer.read()

    async def pass_on(self, path: str, receive: Receive, send: Send) -> None:
        """Let the API answer a GET of the browser itself, bytes as they come."""
        kept = [pair for pair in self.request.headers.raw if pair[0] in _GOING_ON]

        async def send_without_id(message: Message) -> None:
            # The id stands in the answer of the console already.
            if message["type"] == "http.response.start":
                headers = message["headers"]
                message["headers"] = [pair for pair in headers if pair[0] != _REQUEST_ID]
            await send(message)

        await self.app(self._scope(self.request.method, path, "", kept), receive, send_without_id)

    def _scope(self, method: str, path: str, query: str, headers: Headers) -> Scope:
        outer = self.request.scope
        own = [
            (X_API_KEY.encode(), self.api_key.encode()),
            (_REQUEST_ID, request_id_of(outer).encode()),
        ]
        state = {HANG_UP: outer["state"][HANG_UP]} if HANG_UP in outer["state"] else {}
        return {
            **{key: outer[key] for key in ("type", "asgi", "http_version", "scheme")},
            "client": outer.get("client"),
            "server": outer.get("server"),
            "root_path": "",
            "method": method,
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": query.encode(),
            "headers": [*own, *headers],
            "state": state,
        }


class _Collected:
    """Gathers one answer."""

    def __init__(self) -> None:
        self._status = 500
        self._pieces: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        else:
            self._pieces.append(message.get("body", b""))

    def read(self) -> ApiAnswer:
        content = b"".join(self._pieces)
        return ApiAnswer(status=self._status, body=from_json(content) if content else {})


def _sent_once(content: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive
