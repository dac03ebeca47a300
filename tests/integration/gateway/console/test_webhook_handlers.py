import pytest

from outscope.errors import Conflict, InvalidRequest
from outscope.v1 import webhook_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CREATED_AT

pytestmark = pytest.mark.asyncio(loop_scope="session")

ID = "whk_01kprq4e00c5s6h9m2t8v4x3za"
PLACE = f"/webhooks/{ID}"
DELIVERY_ID = "dlv_01kprq4e00c5s6h9m2t8v4x3za"
FORM = {"url": "https://a.test/x", "event:check.failed": "on", "description": "one", "once": "abc"}


def a_webhook() -> webhook_service_pb2.Webhook:
    return webhook_service_pb2.Webhook(
        id=ID,
        url="https://a.test/x",
        events=["check.failed"],
        created_at=CREATED_AT,
        updated_at=CREATED_AT,
        enabled=True,
    )


def found() -> webhook_service_pb2.GetWebhookResponse:
    return webhook_service_pb2.GetWebhookResponse(webhook=a_webhook())


async def test_a_form_creates_one_webhook_and_shows_its_secret(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        webhook_service_pb2.CreateWebhookResponse(webhook=a_webhook(), secret="whsec_abc")
    )
    answer = await gateway.visit("/webhooks/new", FORM)
    assert answer.status == 200
    assert b"whsec_abc" in answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    asked = gateway.scheduler.last
    assert (asked.request.url, list(asked.request.events)) == ("https://a.test/x", ["check.failed"])
    assert asked.metadata["idempotency-key"] == "abc"


async def test_a_form_that_is_refused_keeps_what_was_typed(gateway: Gateway) -> None:
    answer = await gateway.visit("/webhooks/new", {"url": "https://a.test/<b>", "description": "d"})
    assert answer.status == 400
    assert b"https://a.test/&lt;b&gt;" in answer.content
    assert gateway.scheduler.asked == []
    gateway.scheduler.will_answer(Conflict("There are <many>"))
    answer = await gateway.visit("/webhooks/new", FORM)
    assert answer.status == 409
    assert b"There are &lt;many&gt;" in answer.content


async def test_a_stranger_changes_nothing(gateway: Gateway) -> None:
    for action in ("edit", "delete", "test", "recover", "replay-missing"):
        answer = await gateway.visit(f"{PLACE}/{action}", FORM, sec_fetch_site="cross-site")
        assert answer.status == 403
    assert (await gateway.visit("/webhooks/new", FORM, sec_fetch_site="none")).status == 403
    assert gateway.scheduler.asked == []


async def test_only_what_was_changed_is_sent(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        found(), webhook_service_pb2.UpdateWebhookResponse(webhook=a_webhook())
    )
    answer = await gateway.visit(f"{PLACE}/edit", {**FORM, "enabled": "on"})
    assert (answer.status, answer.headers["Location"]) == (303, f"{PLACE}?done=changed")
    asked = gateway.scheduler.last.request
    assert list(asked.update_mask.paths) == ["description"]
    assert asked.description == "one"


async def test_what_changes_nothing_asks_for_nothing(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(found())
    answer = await gateway.visit(f"{PLACE}/edit", {**FORM, "description": "", "enabled": "on"})
    assert answer.status == 303
    assert len(gateway.scheduler.asked) == 1


async def test_a_warning_of_a_change_is_shown(gateway: Gateway) -> None:
    changed = webhook_service_pb2.UpdateWebhookResponse(webhook=a_webhook(), warnings=["Mind <it>"])
    deliveries = webhook_service_pb2.ListWebhookDeliveriesResponse()
    gateway.scheduler.will_answer(found(), changed, deliveries)
    answer = await gateway.visit(f"{PLACE}/edit", FORM)
    assert answer.status == 200
    assert b"Mind &lt;it&gt;" in answer.content


async def test_a_change_that_is_refused_is_shown_again(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(found(), InvalidRequest("No such name", field="url"))
    answer = await gateway.visit(f"{PLACE}/edit", {**FORM, "url": "https://nowhere.test"})
    assert answer.status == 400
    assert b'value="https://nowhere.test"' in answer.content
    gateway.scheduler.will_answer(found())
    answer = await gateway.visit(f"{PLACE}/edit")
    assert b'value="https://a.test/x"' in answer.content


async def test_a_webhook_is_deleted(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(webhook_service_pb2.DeleteWebhookResponse())
    answer = await gateway.visit(f"{PLACE}/delete", {})
    assert (answer.status, answer.headers["Location"]) == (303, "/webhooks?done=deleted")
    gateway.scheduler.will_answer(webhook_service_pb2.ListWebhooksResponse())
    assert b"was deleted" in (await gateway.visit("/webhooks?done=deleted")).content


async def test_a_delivery_is_sent_again(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(webhook_service_pb2.ResendWebhookDeliveryResponse())
    answer = await gateway.visit(f"{PLACE}/deliveries/{DELIVERY_ID}/resend", {})
    assert (answer.status, answer.headers["Location"]) == (303, f"{PLACE}?done=resent")


async def test_what_has_failed_or_was_held_is_sent_since_a_moment(gateway: Gateway) -> None:
    since = {"since": " 2026-04-21T10:00:00Z "}
    gateway.scheduler.will_answer(webhook_service_pb2.RecoverWebhookResponse(deliveries=2))
    answer = await gateway.visit(f"{PLACE}/recover", since)
    assert (answer.status, answer.headers["Location"]) == (303, f"{PLACE}?done=replayed")
    assert gateway.scheduler.last.request.since.seconds == CREATED_AT.seconds
    gateway.scheduler.will_answer(webhook_service_pb2.ReplayMissingEventsResponse(deliveries=2))
    assert (await gateway.visit(f"{PLACE}/replay-missing", since)).status == 303
    answer = await gateway.visit(f"{PLACE}/replay-missing", {"since": "yesterday"})
    assert answer.status == 400


async def test_deliveries_are_chosen_by_their_state(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(found(), webhook_service_pb2.ListWebhookDeliveriesResponse())
    answer = await gateway.visit(f"{PLACE}?status=held&done=nothing")
    assert b"There is no such delivery." in answer.content
    asked = gateway.scheduler.last.request
    assert asked.status == webhook_service_pb2.DELIVERY_STATUS_HELD
