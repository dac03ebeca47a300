"""Tends what signs the events of webhooks: shows it to its owner, and puts another in its place.

Law: whoever reads or rotates a secret is noted in the same transaction; no line of the log, and no
note, has a secret in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from outscope.errors import Conflict
from outscope.telemetry.logs import logger
from outscope.webhook_keys import public_key_text
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.secret_access import Access, NotedAccess
from services.scheduler.sealing import Seal
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.webhook_management import find_webhook
from services.scheduler.store.webhook_secrets import (
    count_old_secrets,
    delete_old_secrets,
    find_secret,
    find_signing_key,
    keep_old_secret,
    list_accesses,
    note_access,
    replace_secret,
)
from services.scheduler.store.webhooks import lock_webhook
from services.scheduler.webhook_desk import new_secret, no_such_webhook

log = logger(__name__)

# Each makes the signature header longer.
MAX_OLD_SECRETS: Final = 5
_ACCESSES_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretDesk:
    """Tends secrets."""

    database: Database
    seal: Seal

    async def rotate(
        self, connection: Connection, caller: Caller, webhook_id: str, *, overlap_hours: int
    ) -> tuple[str, datetime | None]:
        """Sign with a new secret; return it, and until when the one before signs, too.

        Run in a transaction. Raises NotFound and Conflict.
        """
        if await lock_webhook(connection, webhook_id, account_id=caller.account_id) is None:
            raise no_such_webhook(webhook_id)
        until = None
        if overlap_hours:
            await self._refuse_unreadable(connection, caller, webhook_id, overlap_hours)
            if await count_old_secrets(connection, webhook_id) >= MAX_OLD_SECRETS:
                raise _too_many_signing()
            until = await keep_old_secret(connection, webhook_id, hours=overlap_hours)
        else:
            await delete_old_secrets(connection, webhook_id)
        secret = new_secret()
        await replace_secret(connection, webhook_id, self.seal.sealed(secret))
        await _note(connection, caller, webhook_id, Access.ROTATED)
        return secret, until

    async def _refuse_unreadable(
        self, connection: Connection, caller: Caller, webhook_id: str, overlap_hours: int
    ) -> None:
        """Raise Conflict where the secret, or an old one, can sign nothing any more.

        Kept for the overlap, it would hold up every delivery for as long.
        """
        stored = await find_webhook(connection, webhook_id, account_id=caller.account_id)
        if stored is not None and not all(
            map(self.seal.opens, (stored.secret, *stored.old_secrets))
        ):
            raise Conflict(
                "What signs until now cannot be read any more, so it cannot sign beside a new "
                "secret; rotate with overlap_hours 0, which puts the new one in place of all",
                field="overlap_hours",
                value=overlap_hours,
            )

    async def read(self, connection: Connection, caller: Caller, webhook_id: str) -> str:
        """Return the secret that signs now, in a transaction. Raises NotFound."""
        stored = await find_secret(connection, webhook_id, account_id=caller.account_id)
        if stored is None:
            raise no_such_webhook(webhook_id)
        secret = self.seal.opened(stored)
        await _note(connection, caller, webhook_id, Access.READ)
        return secret

    async def secret(self, caller: Caller, webhook_id: str) -> tuple[str, Sequence[NotedAccess]]:
        """Return a secret and who has asked for it, this caller first. Raises NotFound."""
        async with self.database.transaction() as connection:
            secret = await self.read(connection, caller, webhook_id)
            return secret, await list_accesses(connection, webhook_id, limit=_ACCESSES_SHOWN)

    async def public_key(self, caller: Caller, webhook_id: str) -> str:
        """Return what v1a signatures are verified with. Raises NotFound and Conflict."""
        async with self.database.session() as connection:
            found = await find_signing_key(connection, webhook_id, account_id=caller.account_id)
        if found is None:
            raise no_such_webhook(webhook_id)
        (signing_key,) = found
        if signing_key is None:
            raise Conflict(
                'The webhook signs with v1 only; set its signatures to ["v1", "v1a"] first',
                field="signatures",
                value=["v1"],
            )
        return public_key_text(self.seal.opened(signing_key))


async def _note(connection: Connection, caller: Caller, webhook_id: str, action: Access) -> None:
    await note_access(
        connection,
        webhook_id,
        account_id=caller.account_id,
        key_id=caller.key_id,
        action=action,
    )
    log.info("webhook secret asked for", webhook=webhook_id, key=caller.key_id, action=action.value)


def _too_many_signing() -> Conflict:
    return Conflict(
        f"{MAX_OLD_SECRETS} old secrets sign already; wait until one has ended, or rotate with "
        "overlap_hours 0, which ends all of them",
        field="overlap_hours",
        limit=MAX_OLD_SECRETS,
    )
