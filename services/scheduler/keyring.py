"""Makes, lists and revokes API keys: for gRPC callers and for operators at a terminal alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from outscope.apikey import key_hash, new_api_key
from outscope.clock import Clock
from outscope.errors import InvalidRequest, NotFound
from outscope.ids import ACCOUNT_PREFIX, KEY_PREFIX, is_id, new_id
from services.scheduler.domain.api_key import ApiKey, check_limits, checked_terms
from services.scheduler.store.database import Database
from services.scheduler.store.keys import (
    account_exists,
    find_key,
    insert_account,
    insert_key,
    list_keys,
    revoke_key,
    set_limits,
)


class Keyring:
    """The API keys of all accounts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(
        self,
        *,
        name: str,
        account_id: str | None,
        expires_at: datetime | None,
        rate_limit: int | None,
        inflight_limit: int | None = None,
        monthly_quota: int | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key, and an account when none is named; the key itself is shown this once."""
        now = self._clock()
        terms = checked_terms(
            name=name,
            expires_at=expires_at,
            rate_limit=rate_limit,
            inflight_limit=inflight_limit,
            monthly_quota=monthly_quota,
            now=now,
        )
        unix_ms = int(now.timestamp() * 1000)
        secret = new_api_key()
        async with self._database.transaction() as connection:
            if account_id is None:
                account_id = new_id(ACCOUNT_PREFIX, unix_ms)
                await insert_account(connection, account_id, terms.name)
            elif not is_id(ACCOUNT_PREFIX, account_id) or not await account_exists(
                connection, account_id
            ):
                raise InvalidRequest(
                    "There is no such account", field="account_id", value=account_id
                )
            key = await insert_key(
                connection,
                key_id=new_id(KEY_PREFIX, unix_ms),
                account_id=account_id,
                key_hash=key_hash(secret),
                terms=terms,
            )
        return key, secret

    async def list(self, account_id: str | None) -> Sequence[ApiKey]:
        """Return the keys of an account, or of all."""
        if account_id is not None and not is_id(ACCOUNT_PREFIX, account_id):
            return []
        async with self._database.session() as connection:
            return await list_keys(connection, account_id=account_id)

    async def find(self, key_id: str) -> ApiKey:
        """Return a key, or raise NotFound."""
        async with self._database.session() as connection:
            key = await find_key(connection, key_id)
        if key is None:
            raise NotFound("There is no such API key", field="id", value=key_id)
        return key

    async def limit(self, key_id: str, limits: Mapping[str, int | None]) -> ApiKey:
        """Set a key's own limits by name, None for the default; in force within ten seconds.

        Raises NotFound, and InvalidRequest for what can be no limit.
        """
        if not limits:
            raise InvalidRequest("Name at least one limit to set", field="limits", value=None)
        check_limits(limits)
        changed = None
        if is_id(KEY_PREFIX, key_id):
            async with self._database.session() as connection:
                changed = await set_limits(connection, key_id, limits)
        if changed is None:
            raise NotFound("There is no such API key", field="id", value=key_id)
        return changed

    async def revoke(self, key_id: str) -> ApiKey:
        """Revoke a key, or raise NotFound; in force everywhere within ten seconds."""
        revoked = None
        if is_id(KEY_PREFIX, key_id):
            async with self._database.session() as connection:
                revoked = await revoke_key(connection, key_id)
        if revoked is None:
            raise NotFound("There is no such API key", field="id", value=key_id)
        return revoked
