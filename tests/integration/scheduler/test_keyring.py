import pytest

from outscope.apikey import is_well_formed, key_hash
from outscope.clock import utc_now
from outscope.errors import InvalidRequest, NotFound
from services.scheduler.domain.api_key import ApiKey
from services.scheduler.keyring import Keyring
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import rows


@pytest.fixture
def keyring(database: Database) -> Keyring:
    return Keyring(database, utc_now)


async def create(
    keyring: Keyring, name: str = "ci", account_id: str | None = None
) -> tuple[ApiKey, str]:
    return await keyring.create(name=name, account_id=account_id, expires_at=None, rate_limit=None)


async def test_a_key_is_stored_only_as_its_hash(keyring: Keyring, database: Database) -> None:
    key, secret = await create(keyring)
    assert is_well_formed(secret)
    assert await rows(database, "SELECT id, key_hash FROM api_keys") == [(key.id, key_hash(secret))]
    ((stored,),) = await rows(database, "SELECT api_keys::text FROM api_keys")
    assert secret not in stored


async def test_a_key_belongs_to_an_account_that_exists(keyring: Keyring) -> None:
    first, _ = await create(keyring)
    second, _ = await create(keyring, account_id=first.account_id)
    other, _ = await create(keyring)
    assert second.account_id == first.account_id != other.account_id
    for absent in ("acc_" + "0" * 26, "x", "\0"):
        with pytest.raises(InvalidRequest):
            await create(keyring, account_id=absent)
    assert await keyring.list(first.account_id) == [first, second]
    assert await keyring.list(None) == [first, second, other]
    assert await keyring.list("\0") == []


async def test_a_key_that_is_refused_leaves_no_account(
    keyring: Keyring, database: Database
) -> None:
    with pytest.raises(InvalidRequest):
        await create(keyring, name="")
    assert await rows(database, "SELECT count(*) FROM accounts") == [(0,)]


async def test_a_key_is_revoked_by_its_id(keyring: Keyring) -> None:
    key, _ = await create(keyring)
    assert (await keyring.revoke(key.id)).revoked_at is not None
    for absent in ("key_" + "0" * 26, "x", "\0"):
        with pytest.raises(NotFound):
            await keyring.revoke(absent)


async def test_a_key_s_own_limits_are_set_one_by_one(keyring: Keyring) -> None:
    key, _ = await keyring.create(
        name="ci",
        account_id=None,
        expires_at=None,
        rate_limit=5,
        inflight_limit=0,
        monthly_quota=100,
    )
    assert (key.rate_limit, key.inflight_limit, key.monthly_quota) == (5, 0, 100)
    changed = await keyring.limit(key.id, {"rate_limit": None, "inflight_limit": 7})
    assert (changed.rate_limit, changed.inflight_limit, changed.monthly_quota) == (None, 7, 100)
    assert await keyring.find(key.id) == changed


@pytest.mark.parametrize(
    "limits", [{}, {"rate_limit": -1}, {"inflight_limit": 1_000_001}, {"monthly_quota": 2**30}]
)
async def test_what_can_be_no_limit_changes_nothing(
    keyring: Keyring, limits: dict[str, int | None]
) -> None:
    key, _ = await create(keyring)
    with pytest.raises(InvalidRequest):
        await keyring.limit(key.id, limits)
    assert await keyring.find(key.id) == key


async def test_a_key_that_does_not_exist_has_no_limits(keyring: Keyring) -> None:
    for absent in ("key_" + "0" * 26, "x", "\0"):
        with pytest.raises(NotFound):
            await keyring.limit(absent, {"rate_limit": 5})
