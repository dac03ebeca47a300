"""Answers a defect of ours: logged once with its trace, shown as internal_error without detail."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outscope.errors import INTERNAL_ERROR
from outscope.telemetry.logs import logger
from services.gateway.middleware.request_id import request_id_of
from services.gateway.responses import JsonResponse
from services.gateway.translate.problem import internal_error_body

log: Final = logger(__name__)


class Defects:
    """Wraps the app; nothing but a cancellation leaves it as an exception."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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
                body = internal_error_body(request_id_of(scope))
                await JsonResponse(body, INTERNAL_ERROR.http_status)(scope, receive, send)
