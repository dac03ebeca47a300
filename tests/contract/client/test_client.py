"""The client against the running system: every operation, by both clients."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from outscope_client import (
    AsyncClient,
    Client,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    UnauthorizedError,
    WaitTimeoutError,
)
from outscope_client.models import Check

from tests.e2e.conftest import Town
from tests.e2e.running import System

UNKNOWN = "chk_00000000000000000000000000"


def a_name() -> str:
    return f"{secrets.token_hex(4)}.town.test"


@pytest.fixture
def client(system: System) -> Iterator[Client]:
    with Client(system.api_key, url=system.rest) as found:
        yield found


@pytest.fixture
async def other(system: System) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(system.api_key, url=system.rest) as found:
        yield found


def test_a_check_is_created_waited_for_and_read(client: Client, town: Town) -> None:
    name = a_name()
    created = client.checks.create(name, ports=[town.http], paths=["/"], discovery="off")
    assert (created.fqdn, created["status"]) == (name, "pending")
    check = client.checks.wait(created.id, timeout=60)
    assert isinstance(check, Check)
    assert check.analysis is not None
    assert check.analysis.analyzable is check["analysis"]["analyzable"] is True
    assert check.paths[0].status_code == 200
    assert check.request.discovery == "off"
    assert client.checks.get(created.id) == check == client.checks.latest(name.upper())


def test_a_check_from_several_vantage_points_tells_what_each_saw(
    client: Client, town: Town
) -> None:
    places = ["us-east-1", "eu-west-1"]
    created = client.checks.create(
        a_name(), ports=[town.http], vantage_points=places, quorum="all", discovery="off"
    )
    check = client.checks.wait(created.id, timeout=60)
    assert (check.request.vantage_points, check.request.quorum) == (places, "all")
    assert [view.vantage_point for view in check.vantages] == places
    assert all(view.analysis and view.analysis.analyzable for view in check.vantages)
    assert check.agreement is not None
    assert (check.agreement.code, check.agreement.counted) == ("agree", places)


def test_what_happens_is_told_as_it_happens(client: Client, town: Town) -> None:
    created = client.checks.create(a_name(), ports=[town.http], discovery="off")
    events = list(client.checks.follow(created.id))
    assert events[-1].name == "completed"
    assert events[-1].content == client.checks.get(created.id)
    assert list(client.checks.follow(created.id))[-1].is_end


async def test_the_other_client_does_the_same(other: AsyncClient, town: Town) -> None:
    name = a_name()
    created = await other.checks.create(name, ports=[town.http], discovery="off")
    events = [event async for event in other.checks.follow(created.id)]
    assert events[-1].is_end
    assert (await other.checks.wait(created.id)).status == "completed"
    assert [one.id async for one in other.checks.iterate(fqdn=name)] == [created.id]


def test_a_batch_tells_what_was_created_and_what_was_refused(client: Client, town: Town) -> None:
    good = a_name()
    batch = client.checks.create_batch(
        [{"fqdn": good, "ports": [town.http]}, "not a name", {"fqdn": good, "ports": [town.https]}]
    )
    assert [one.fqdn for one in batch.created] == [good, good]
    assert (batch.stats.total, batch.stats.failed) == (3, 1)
    assert batch.errors[0].index == 1
    assert batch.errors[0].error.code == "invalid_request"


def test_a_list_is_read_page_by_page_as_the_reference_has_it(client: Client, town: Town) -> None:
    name = a_name()
    batch = client.checks.create_batch([{"fqdn": name, "ports": [town.http]}] * 5)
    response = client.checks.list(limit=3, fqdn=name)
    assert response["pagination"]["has_more"]
    following = client.checks.list(limit=3, fqdn=name, cursor=response["pagination"]["next_cursor"])
    assert not following.pagination.has_more
    ids = {one.id for one in batch.created}
    assert {one["id"] for one in [*response["data"], *following["data"]]} == ids
    assert {one.id for one in client.checks.iterate(page_size=2, fqdn=name)} == ids


def test_the_same_key_creates_nothing_more(client: Client, town: Town) -> None:
    key = secrets.token_hex(8)
    name = a_name()
    ids = {client.checks.create(name, ports=[town.http], idempotency_key=key).id for _ in range(3)}
    assert len(ids) == 1
    assert len(list(client.checks.iterate(fqdn=name))) == 1


def test_a_pending_check_can_be_cancelled_twice_and_a_completed_one_not(
    client: Client, town: Town
) -> None:
    created = client.checks.create(a_name(), ports=[town.slow], discovery="off")
    with pytest.raises(WaitTimeoutError, match="still pending"):
        client.checks.wait(created.id, timeout=0.5)
    assert client.checks.cancel(created.id).status == "cancelled"
    assert client.checks.cancel(created.id).status == "cancelled"
    done = client.checks.create(a_name(), ports=[town.http], discovery="off")
    client.checks.wait(done.id)
    with pytest.raises(ConflictError) as caught:
        client.checks.cancel(done.id)
    assert caught.value.details["status"] == "completed"


def test_a_verdict_is_explained_and_judged_again(client: Client, town: Town) -> None:
    created = client.checks.create(a_name(), ports=[town.http], discovery="off")
    client.checks.wait(created.id)
    explained = client.checks.explain(created.id)
    assert explained.is_current
    assert "decided" in {rule.role for rule in explained.rules}
    judged = client.checks.rejudge(created.id)
    assert judged.difference.changed == []
    assert judged.check.rejudged_at is not None


def test_the_account_and_its_vantage_points_are_told(client: Client) -> None:
    assert client.vantage_points.list().data[0].name == "eu-west-1"
    assert client.usage.get().in_flight.scope in {"account", "key"}


def test_a_badge_is_shown_to_everybody_between_publishing_and_withdrawing(
    client: Client, system: System
) -> None:
    name, hidden = a_name(), a_name()
    with pytest.raises(NotFoundError, match="No check of"):
        client.badges.publish(name)
    client.checks.wait(client.checks.create(name, discovery="off").id)
    badge = client.badges.publish(name.upper())
    assert (badge.fqdn, badge) == (name, client.badges.publish(name))
    shown = httpx.get(system.rest + badge.path)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/svg+xml")
    assert badge in list(client.badges.iterate(page_size=1))
    assert client.badges.list(limit=1)["pagination"]["has_more"] in {True, False}
    assert f"{name}: unreachable, checked" in shown.text  # nobody listens on the default ports
    assert httpx.get(f"{system.rest}/v1/badge/{hidden}.svg").status_code == 404
    client.badges.withdraw(name)
    client.badges.withdraw(name)


def test_a_webhook_is_created_with_its_secret(client: Client) -> None:
    made = client.webhooks.create("https://your-app.example/hook", ["check.completed"])
    assert made.secret.startswith("whsec_")


def test_refusals_are_told_by_their_class(client: Client, system: System) -> None:
    with pytest.raises(NotFoundError) as missing:
        client.checks.get(UNKNOWN)
    assert missing.value.request_id.startswith("req_")
    with pytest.raises(InvalidRequestError) as invalid:
        client.checks.create("example.com", prots=[80])
    assert invalid.value.details["nearest"] == "ports"
    with pytest.raises(InvalidRequestError):
        client.checks.list(limit=1000)
    stranger = Client("svc_of_nobody", url=system.rest)
    with contextlib.closing(stranger), pytest.raises(UnauthorizedError):
        stranger.usage.get()
