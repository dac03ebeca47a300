"""Tends the webhooks of accounts: makes, shows, changes and deletes them.

Law: whoever asks for a webhook of another account learns that there is none. What is secret of a
webhook is sealed before it is stored, and opened only to be used or shown to its owner.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from outscope.clock import Clock
from outscope.errors import Conflict, NotFound
from outscope.ids import WEBHOOK_PREFIX, is_id, new_id
from outscope.limits import MAX_KEPT_WEBHOOKS, MAX_WEBHOOKS
from outscope.webhook_keys import SEED_BYTES, signing_key_text
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.cursor import Position, cursor_text, position_in
from services.scheduler.domain.delivery import DeliveryEvent
from services.scheduler.domain.webhook import SECRET_BYTES, DisabledReason, Webhook, secret_text
from services.scheduler.domain.webhook_headers import headers_in, headers_text
from services.scheduler.domain.webhook_settings import (
    StoredWebhook,
    WebhookChange,
    WebhookSettings,
)
from services.scheduler.sealing import Seal
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.deliveries import settle_deliveries_of
from services.scheduler.store.webhook_management import (
    change_webhook,
    find_webhook,
    list_webhooks,
)
from services.scheduler.store.webhooks import (
    delete_webhook,
    disable_webhooks,
    enable_webhook,
    insert_webhook,
    lock_webhook,
)

_DELETED: Final = "deleted"
# What is open for a webhook beyond this is settled by the sweep.
_SETTLED_AT_ONCE: Final = 500
_HEALTH_COLUMNS: Final = ("failing_since", "last_failure_at", "slowed_until")
# Webhooks are paged by id alone, which sorts by the time they were made.
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDesk:
    """Tends webhooks; the key signs the cursors of their pages."""

    database: Database
    seal: Seal
    cursor_key: bytes
    clock: Clock

    async def create(
        self, connection: Connection, caller: Caller, settings: WebhookSettings
    ) -> tuple[Webhook, str]:
        """Store a webhook in a transaction; return it and its secret. Raises Conflict."""
        secret = new_secret()
        webhook_id = new_id(WEBHOOK_PREFIX, int(self.clock().timestamp() * 1000))
        created_at = await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=caller.account_id,
            url=settings.url,
            events=settings.events,
            secret=self.seal.sealed(secret),
        )
        if created_at is None:
            raise _too_many()
        await change_webhook(
            connection,
            webhook_id,
            account_id=caller.account_id,
            changed={
                "description": settings.description,
                "fqdn": settings.fqdn,
                "vantage_points": list(settings.vantage_points),
                "payload": str(settings.payload),
                "signing_key": self._new_signing_key() if settings.signs_v1a else None,
                "headers": self._sealed_headers(settings.headers),
            },
        )
        return await self._found(connection, caller, webhook_id), secret

    async def page(self, caller: Caller, limit: int, cursor: str) -> tuple[list[Webhook], str]:
        """Return a page of at most so many webhooks and the next cursor; the last has none."""
        # A cursor of one list is none of another.
        scope = f"{caller.account_id} webhooks"
        after = position_in(cursor, account_id=scope, key=self.cursor_key) if cursor else None
        async with self.database.session() as connection:
            found = await list_webhooks(
                connection,
                account_id=caller.account_id,
                before_id=after.check_id if after else None,
                limit=limit + 1,
            )
        page = [self._shown(each) for each in found[:limit]]
        if len(found) <= limit:
            return page, ""
        last = Position(created_at=_NO_TIME, check_id=page[-1].id)
        return page, cursor_text(last, account_id=scope, key=self.cursor_key)

    async def webhook(self, caller: Caller, webhook_id: str) -> Webhook:
        """Return a webhook of the caller's account, or raise NotFound."""
        async with self.database.session() as connection:
            return await self._found(connection, caller, webhook_id)

    async def update(self, caller: Caller, webhook_id: str, change: WebhookChange) -> Webhook:
        """Change a webhook; return it as it is then. Raises NotFound and Conflict."""
        async with self.database.transaction() as connection:
            if change.enabled:
                # Locks the account, which is locked before its webhooks.
                await self._enable(connection, caller, webhook_id)
            locked = await lock_webhook(connection, webhook_id, account_id=caller.account_id)
            if locked is None:
                raise no_such_webhook(webhook_id)
            # What cannot be opened can be replaced.
            before = await _stored(connection, caller, webhook_id)
            columns = self._columns(change, before.webhook)
            if columns:
                await change_webhook(
                    connection, webhook_id, account_id=caller.account_id, changed=columns
                )
            if change.enabled is False and locked.is_enabled:
                await disable_webhooks(connection, [webhook_id], DisabledReason.BY_USER)
                await _settle(
                    connection, webhook_id, DeliveryEvent.PUT_ON_HOLD, DisabledReason.BY_USER
                )
            return await self._found(connection, caller, webhook_id)

    async def delete(self, caller: Caller, webhook_id: str) -> None:
        """Send nothing more to a webhook, and forget what is secret of it. Raises NotFound."""
        async with self.database.transaction() as connection:
            if not await delete_webhook(connection, webhook_id, account_id=caller.account_id):
                raise no_such_webhook(webhook_id)
            await _settle(connection, webhook_id, DeliveryEvent.GIVEN_UP, _DELETED)

    async def _enable(self, connection: Connection, caller: Caller, webhook_id: str) -> None:
        if await enable_webhook(connection, webhook_id, account_id=caller.account_id):
            return
        await self._found(connection, caller, webhook_id)
        raise _too_many()

    async def _found(self, connection: Connection, caller: Caller, webhook_id: str) -> Webhook:
        return self._shown(await _stored(connection, caller, webhook_id))

    def _columns(self, change: WebhookChange, before: Webhook) -> dict[str, object]:
        """Return what to store of a change."""
        columns = dict(change.columns)
        if columns.get("url", before.url) != before.url:
            # What the endpoint did that it leaves says nothing of the one it goes to.
            columns |= dict.fromkeys(_HEALTH_COLUMNS)
        if change.signs_v1a is False:
            columns["signing_key"] = None
        elif change.signs_v1a and not before.has_signing_key:
            columns["signing_key"] = self._new_signing_key()
        if change.headers is not None:
            columns["headers"] = self._sealed_headers(change.headers)
        return columns

    def _new_signing_key(self) -> str:
        return self.seal.sealed(signing_key_text(secrets.token_bytes(SEED_BYTES)))

    def _sealed_headers(self, headers: Mapping[str, str]) -> str | None:
        return self.seal.sealed(headers_text(headers)) if headers else None

    def _shown(self, stored: StoredWebhook) -> Webhook:
        """Return a webhook with the names of its headers, and of what no key opens.

        One that cannot be opened is shown for all that: its owner can then set it anew.
        """
        unreadable = tuple(
            name for name, values in stored.sealed.items() if not all(map(self.seal.opens, values))
        )
        names: tuple[str, ...] = ()
        if stored.headers is not None and "headers" not in unreadable:
            names = tuple(sorted(headers_in(self.seal.opened(stored.headers)), key=str.lower))
        return replace(stored.webhook, header_names=names, unreadable=unreadable)


async def _stored(connection: Connection, caller: Caller, webhook_id: str) -> StoredWebhook:
    stored = await find_webhook(connection, webhook_id, account_id=caller.account_id)
    if stored is None:
        raise no_such_webhook(webhook_id)
    return stored


async def _settle(
    connection: Connection, webhook_id: str, event: DeliveryEvent, error: str
) -> None:
    """Give up, or put on hold, what is open for a webhook that gets nothing any more."""
    await settle_deliveries_of(connection, [webhook_id], event, error, limit=_SETTLED_AT_ONCE)


def new_secret() -> str:
    """Return a fresh signing secret."""
    return secret_text(secrets.token_bytes(SECRET_BYTES))


def webhook_id_in(text: str) -> str:
    """Return what can be the id of a webhook, or raise NotFound."""
    if not is_id(WEBHOOK_PREFIX, text):
        raise no_such_webhook(text)
    return text


def no_such_webhook(webhook_id: str) -> NotFound:
    """Return what is told of a webhook that is not there, or not the caller's."""
    return NotFound("There is no such webhook in this account", field="id", value=webhook_id)


def _too_many() -> Conflict:
    return Conflict(
        f"The account has {MAX_WEBHOOKS} webhooks, which is all it may have enabled, or "
        f"{MAX_KEPT_WEBHOOKS} together with disabled ones; let one URL serve several receivers, or "
        "delete one you no longer need, as a receiver does that answers an event with 410 Gone",
        limit=MAX_WEBHOOKS,
    )
