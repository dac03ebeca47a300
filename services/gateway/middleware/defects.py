"""Answers a defect of ours: logged once with its trace, shown as internal_error without detail."""

from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outscope.errors import INTERNAL_ERROR
from outscope.telemetry.logs import logger
from services.gateway.middleware.request_id import request_id_of
from services.gateway.responses import JsonResponse
from services.gateway.translate.problem import internal_error_body

log: Final = logger(__name__)


def _documented(request_id: str) -> ASGIApp:
    return JsonResponse(internal_error_body(request_id), INTERNAL_ERROR.http_status)


class Defects:
    """Wraps the app; nothing but a cancellation leaves it as an exception.

    answer is what who asked gets under a request id, where they are not to get the documented JSON.
    """

    def __init__(self, app: ASGIApp, answer: Callable[[str], ASGIApp] = _documented) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, and answer for it when it breaks."""
        is_answering = False

        async def send_and_note(message: Message) -> None:
            nonlocal is_answering
            is_answering = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:  # noqa: BLE001 - whatever it was, the caller gets an answer
            log.error("request failed", exception=error)  # noqa: TRY400 - our logger takes it so
            if not is_answering:
                scope["state"]["error_code"] = INTERNAL_ERROR.code
                await self._answer(request_id_of(scope))(scope, receive, send)
