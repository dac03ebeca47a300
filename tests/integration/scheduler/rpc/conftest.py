"""A running scheduler, and callers of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from outscope.bus.connect import Bus
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import (
    Caller,
    calling,
    calling_as_service,
    make_key,
    running_scheduler,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with one key."""

    id: str
    key_id: str
    key: str


@pytest.fixture
async def address(database_url: str, nats_url: str, bus: Bus) -> AsyncIterator[str]:
    async with running_scheduler(database_url, nats_url) as listening:
        yield listening


@pytest.fixture
async def account(database: Database) -> Account:
    key, key_id, account_id = await make_key(database)
    return Account(id=account_id, key_id=key_id, key=key)


@pytest.fixture
async def caller(address: str, account: Account) -> AsyncIterator[Caller]:
    async with calling(address, account.key) as calls:
        yield calls


@pytest.fixture
async def stranger(address: str, database: Database) -> AsyncIterator[Caller]:
    """Somebody with a key of another account."""
    key, _, _ = await make_key(database)
    async with calling(address, key) as calls:
        yield calls


@pytest.fixture
async def service(address: str) -> AsyncIterator[Caller]:
    async with calling_as_service(address) as calls:
        yield calls
