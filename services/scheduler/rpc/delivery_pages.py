"""What became of the deliveries of a webhook: page by page, newest first, or one of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from outscope.errors import InvalidRequest, NotFound
from outscope.ids import DELIVERY_PREFIX, is_id
from outscope.v1 import webhook_service_pb2
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.cursor import Position, cursor_text, position_in
from services.scheduler.domain.delivery_history import DeliveryRecord
from services.scheduler.rpc.pages import page_size
from services.scheduler.store.database import Database
from services.scheduler.store.delivery_history import find_recorded_delivery, list_deliveries
from services.scheduler.store.webhook_management import find_webhook
from services.scheduler.translate.delivery_history import states_asked
from services.scheduler.webhook_desk import no_such_webhook, webhook_id_in

# Deliveries are paged by id alone, which sorts by the time they were made.
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPages:
    """Finds deliveries; the key signs the cursors of their pages."""

    database: Database
    cursor_key: bytes

    async def page(
        self, caller: Caller, request: webhook_service_pb2.ListWebhookDeliveriesRequest
    ) -> tuple[list[DeliveryRecord], str]:
        """Return a page and the next cursor; the last page has none.

        Raises NotFound and InvalidRequest.
        """
        limit = page_size(request, "deliveries")
        states = states_asked(request.status)
        if states is None:
            raise InvalidRequest(
                "There is no such status; there are pending, delivered, failed and held",
                field="status",
                value=request.status,
            )
        # A cursor of one list is none of another.
        scope = f"{caller.account_id} {request.webhook_id}"
        after = None
        if request.cursor:
            after = position_in(request.cursor, account_id=scope, key=self.cursor_key)
        await self._require_webhook(caller, request.webhook_id)
        async with self.database.session() as connection:
            found = await list_deliveries(
                connection,
                request.webhook_id,
                states=states,
                before_id=after.check_id if after else None,
                limit=limit + 1,  # one more tells whether there is a next page
            )
        page = found[:limit]
        if len(found) == len(page):
            return page, ""
        last = Position(created_at=_NO_TIME, check_id=page[-1].id)
        return page, cursor_text(last, account_id=scope, key=self.cursor_key)

    async def delivery(self, caller: Caller, webhook_id: str, delivery_id: str) -> DeliveryRecord:
        """Return a delivery of a webhook of the caller's account, or raise NotFound."""
        await self._require_webhook(caller, webhook_id)
        named = delivery_id_in(delivery_id)
        async with self.database.session() as connection:
            found = await find_recorded_delivery(connection, named, webhook_id=webhook_id)
        if found is None:
            raise no_such_delivery(delivery_id)
        return found

    async def _require_webhook(self, caller: Caller, webhook_id: str) -> None:
        async with self.database.session() as connection:
            found = await find_webhook(
                connection, webhook_id_in(webhook_id), account_id=caller.account_id
            )
        if found is None:
            raise no_such_webhook(webhook_id)


def delivery_id_in(text: str) -> str:
    """Return what can be the id of a delivery, or raise NotFound."""
    if not is_id(DELIVERY_PREFIX, text):
        raise no_such_delivery(text)
    return text


def no_such_delivery(delivery_id: str) -> NotFound:
    """Return what is told of a delivery that is not there, or not of that webhook."""
    return NotFound(
        "There is no such delivery of this webhook", field="delivery_id", value=delivery_id
    )
