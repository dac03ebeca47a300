"""Tells who calls: an account by its API key, or one of our own services by the service token.

Where callers have certificates, a service must show one with a name that is expected, too.

A key that was valid counts as valid for at most ten seconds without a look, and never beyond its
end, so a revocation is in force everywhere within that time.
"""

import asyncio
import hmac
from collections import OrderedDict
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from outscope.apikey import is_well_formed, key_hash
from outscope.errors import Forbidden, Unauthorized
from outscope.lifecycle import begin_for_many
from outscope.rpc.interceptors import Context
from outscope.rpc.metadata import SERVICE_TOKEN, api_key_in, value_in
from outscope.rpc.peer import identities_of
from outscope.telemetry.logs import bind
from services.scheduler.domain.api_key import Caller
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.keys import find_caller, note_use

_KNOWN_S: Final = 10.0
_UNKNOWN_S: Final = 1.0
_MAX_REMEMBERED: Final = 10_000
_NOTE_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    caller: Caller | None
    until_s: float


class Callers:
    """Knows the callers."""

    def __init__(
        self, database: Database, service_token: str, *, identities: AbstractSet[str] | None = None
    ) -> None:
        """Without identities, services are known by the token alone."""
        self._database = database
        self._identities = identities
        self._service_token = service_token.encode()
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._looking: dict[bytes, asyncio.Task[Caller | None]] = {}
        self._used: set[str] = set()

    async def account_calling(self, context: Context) -> Caller:
        """Return whom the call's API key stands for, or raise Unauthorized."""
        key = api_key_in(context.invocation_metadata())
        if key is None:
            raise Unauthorized("Send an API key in x-api-key, or in authorization as Bearer")
        if not is_well_formed(key):
            raise Unauthorized("The API key is mistyped: its checksum does not fit")
        caller = await self._caller_with(key_hash(key))
        if caller is None:
            raise Unauthorized("The API key is unknown, expired or revoked")
        self._used.add(caller.key_id)
        bind(account_id=caller.account_id)
        return caller

    async def require_service(self, context: Context) -> None:
        """Raise unless one of our own services calls."""
        token = value_in(context.invocation_metadata(), SERVICE_TOKEN)
        if token is None:
            await self.account_calling(context)
            raise Forbidden("This call is for our own services; an API key does not allow it")
        if not hmac.compare_digest(token.encode(), self._service_token):
            raise Unauthorized("The service token is wrong")
        if self._identities is not None and self._identities.isdisjoint(identities_of(context)):
            raise Forbidden("This call is for our own services; the certificate is of none of them")

    async def note_uses(self) -> None:
        """Note when keys were last used, for ever."""
        await repeat("key use", self._note_uses, every_s=_NOTE_EVERY_S)

    async def _note_uses(self) -> bool:
        used, self._used = self._used, set()
        if used:
            async with self._database.session() as connection:
                await note_use(connection, sorted(used))
        return False

    async def _caller_with(self, hashed: bytes) -> Caller | None:
        remembered = self._remembered.get(hashed)
        if remembered is not None and asyncio.get_running_loop().time() < remembered.until_s:
            return remembered.caller
        looking = self._looking.get(hashed)
        if looking is None:
            looking = begin_for_many(self._look_up(hashed), name="caller")
            self._looking[hashed] = looking
        # Shielded: many may wait for this look-up, and one of them may hang up.
        return await asyncio.shield(looking)

    async def _look_up(self, hashed: bytes) -> Caller | None:
        try:
            async with self._database.session() as connection:
                caller = await find_caller(connection, hashed)
            self._remember(hashed, caller)
            return caller
        finally:
            del self._looking[hashed]

    def _remember(self, hashed: bytes, caller: Caller | None) -> None:
        now_s = asyncio.get_running_loop().time()
        until_s = now_s + _remembered_for_s(caller)
        self._remembered[hashed] = _Remembered(caller=caller, until_s=until_s)
        self._remembered.move_to_end(hashed)
        if len(self._remembered) > _MAX_REMEMBERED:
            self._remembered.popitem(last=False)


def _remembered_for_s(caller: Caller | None) -> float:
    if caller is None:
        return _UNKNOWN_S
    return _KNOWN_S if caller.expires_in_s is None else min(_KNOWN_S, caller.expires_in_s)
