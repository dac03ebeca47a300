"""The desk that webhooks are tended at, as its callers in the scheduler see it."""

import pytest

from outscope.clock import utc_now
from outscope.errors import NotFound
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.webhook_settings import WebhookChange, WebhookSettings
from services.scheduler.sealing import Seal, new_key
from services.scheduler.store.database import Database
from services.scheduler.webhook_desk import WebhookDesk, new_secret, webhook_id_in
from tests.integration.scheduler.driving import rows
from tests.integration.scheduler.rpc.hooking import add_delivery

CALLER = Caller(account_id="acc_a", key_id="key_1", rate_limit=None)
TOKEN = "Bearer of-a-very-secret-token"
SETTINGS = WebhookSettings(
    url="https://a.example/", events=("*",), headers={"Authorization": TOKEN}
)


def desk(database: Database, *keys: str) -> WebhookDesk:
    return WebhookDesk(database=database, seal=Seal(keys), cursor_key=b"k" * 32, clock=utc_now)


async def created(database: Database, at: WebhookDesk) -> str:
    async with database.transaction() as connection:
        webhook, _ = await at.create(connection, CALLER, SETTINGS)
    return webhook.id


async def test_a_webhook_whose_seal_no_key_opens_can_be_given_new_headers_and_deleted(
    database: Database,
) -> None:
    webhook_id = await created(database, desk(database, new_key()))
    after = desk(database, new_key())
    changed = await after.update(CALLER, webhook_id, WebhookChange(headers={"X-Team": "shop"}))
    assert changed.header_names == ("X-Team",)
    assert changed.unreadable == ("secret",)
    await after.delete(CALLER, webhook_id)
    with pytest.raises(NotFound):
        await after.webhook(CALLER, webhook_id)


async def test_what_no_key_opens_is_told_of_its_webhook_and_hides_no_other(
    database: Database,
) -> None:
    lost, kept = new_key(), new_key()
    sealed = await created(database, desk(database, lost))
    await rows(
        database,
        "INSERT INTO webhook_old_secrets SELECT id, secret, now() + interval '1 hour' FROM webhooks"
        " UNION ALL SELECT id, 'sealed:over', now() - interval '1 second' FROM webhooks",
    )
    await rows(database, "UPDATE webhooks SET signing_key = headers")
    readable = await created(database, desk(database, kept))
    after = desk(database, kept)
    page, _ = await after.page(CALLER, 10, "")
    assert [(each.id, each.header_names, each.unreadable) for each in page] == [
        (readable, ("Authorization",), ()),
        (sealed, (), ("secret", "old_secrets", "signing_key", "headers")),
    ]
    assert await after.webhook(CALLER, sealed) == page[1]
    # What is not sealed by a lost key says nothing of it.
    found, _ = await desk(database, kept, lost).page(CALLER, 10, "")
    assert [each.unreadable for each in found] == [(), ()]


async def test_what_is_stored_in_plain_text_stays_readable_once_there_is_a_key(
    database: Database,
) -> None:
    webhook_id = await created(database, desk(database))
    assert await rows(database, "SELECT headers LIKE %s FROM webhooks", f"%{TOKEN}%") == [(True,)]
    webhook = await desk(database, new_key()).webhook(CALLER, webhook_id)
    assert webhook.header_names == ("Authorization",)
    assert TOKEN not in repr(webhook)


async def test_the_names_of_headers_are_told_in_their_order(database: Database) -> None:
    at = desk(database)
    webhook_id = await created(database, at)
    # Messages do not keep the order in which they were named.
    headers = dict.fromkeys(("x-b", "Authorization", "X-C", "X-A"), "1")
    changed = await at.update(CALLER, webhook_id, WebhookChange(headers=headers))
    assert changed.header_names == ("Authorization", "X-A", "x-b", "X-C")


@pytest.mark.parametrize(("url", "is_fresh"), [("https://b.example/", True), (SETTINGS.url, False)])
async def test_only_another_url_begins_without_the_failures_of_the_one_before(
    database: Database, url: str, *, is_fresh: bool
) -> None:
    at = desk(database)
    webhook_id = await created(database, at)
    await rows(
        database,
        "UPDATE webhooks SET failing_since = now(), last_failure_at = now(),"
        " slowed_until = now() + interval '1 day'",
    )
    changed = await at.update(CALLER, webhook_id, WebhookChange(columns={"url": url}))
    assert (changed.url, changed.failing_since is None) == (url, is_fresh)
    assert await rows(
        database, "SELECT last_failure_at IS NULL, slowed_until IS NULL FROM webhooks"
    ) == [(is_fresh, is_fresh)]


async def test_disabling_leaves_what_was_under_way_elsewhere_to_the_sweep(
    database: Database,
) -> None:
    at = desk(database)
    webhook_id = await created(database, at)
    ids = [await add_delivery(database, webhook_id, number, "waiting") for number in (1, 2)]
    async with database.transaction() as connection:
        await connection.execute(
            "SELECT FROM webhook_deliveries WHERE id = %s FOR UPDATE", (ids[0],)
        )
        await at.update(CALLER, webhook_id, WebhookChange(enabled=False))
    states = await rows(database, "SELECT id, state FROM webhook_deliveries ORDER BY id")
    assert states == [(ids[0], "waiting"), (ids[1], "held")]


def test_what_cannot_be_an_id_is_not_found() -> None:
    for text in ("", "whk_", "chk_" + "0" * 26, "whk_" + "0" * 25 + "\x00", "whk_" + "O" * 26):
        with pytest.raises(NotFound) as refusal:
            webhook_id_in(text)
        assert (refusal.value.field, refusal.value.value) == ("id", text)
    assert webhook_id_in("whk_" + "0" * 26)


def test_every_secret_is_another() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
