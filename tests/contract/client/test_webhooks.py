"""Webhooks are looked after by the client, against the running system."""

import datetime as dt
from collections.abc import Iterator

import pytest
from outscope_client import Client, NotFoundError
from outscope_client.models import CreatedWebhook

from tests.e2e.conftest import Town
from tests.e2e.running import System


@pytest.fixture
def client(system: System) -> Iterator[Client]:
    with Client(system.api_key, url=system.rest) as found:
        yield found


@pytest.fixture
def webhook(client: Client, town: Town) -> Iterator[CreatedWebhook]:
    made = client.webhooks.create(f"http://127.0.0.1:{town.http}/nobody", ["check.*"])
    yield made
    client.webhooks.delete(made.id)
    with pytest.raises(NotFoundError):
        client.webhooks.get(made.id)


def test_a_webhook_is_found_and_changed(client: Client, webhook: CreatedWebhook) -> None:
    assert [one.url for one in client.webhooks.iterate(page_size=1) if one.id == webhook.id] == [
        webhook.url
    ]
    assert webhook.id in {one.id for one in client.webhooks.list(limit=100).data}
    changed = client.webhooks.update(webhook.id, description="of the shop", enabled=False)
    assert (changed.description, changed.enabled) == ("of the shop", False)
    assert client.webhooks.get(webhook.id).disabled_reason == "disabled_by_user"
    assert client.webhooks.update(webhook.id, enabled=True).enabled


def test_secrets_are_read_and_rotated(client: Client, webhook: CreatedWebhook) -> None:
    assert client.webhooks.secret(webhook.id).secret == webhook.secret
    rotated = client.webhooks.rotate_secret(webhook.id, overlap_hours=1)
    assert rotated.secret != webhook.secret
    assert client.webhooks.secret(webhook.id).secret == rotated.secret


def test_what_was_sent_is_told_and_sent_again(client: Client, webhook: CreatedWebhook) -> None:
    sample = client.webhooks.test(webhook.id)
    assert sample.event_type == "webhook.test"
    assert sample.attempts[0].status_code is not None
    assert [one.id for one in client.webhooks.iterate_deliveries(webhook.id)] == [sample.id]
    assert client.webhooks.delivery(webhook.id, sample.id).attempts == sample.attempts
    hour_ago = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).isoformat()
    assert client.webhooks.replay_missing(webhook.id, since=hour_ago).deliveries == 0
