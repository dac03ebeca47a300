import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.errors import Conflict, NotFound, Unavailable
from outscope.v1 import webhook_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CREATED_AT

pytestmark = pytest.mark.asyncio(loop_scope="session")

ID = "whk_01kprq4e00c5s6h9m2t8v4x3za"
DELIVERY_ID = "dlv_01kprq4e00c5s6h9m2t8v4x3za"
PATH = f"/v1/webhooks/{ID}"
SINCE = "2026-04-21T10:00:00%2B02:00"


def delivery() -> webhook_service_pb2.WebhookDelivery:
    return webhook_service_pb2.WebhookDelivery(
        id=DELIVERY_ID,
        message_id="msg_1",
        event_type="check.failed",
        event_at=CREATED_AT,
        status=webhook_service_pb2.DELIVERY_STATUS_FAILED,
    )


async def test_a_page_of_deliveries_is_asked_for_by_status(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        webhook_service_pb2.ListWebhookDeliveriesResponse(
            deliveries=[delivery()], next_cursor="cur_x"
        )
    )
    answer = await gateway.get(f"{PATH}/deliveries?limit=5&cursor=cur_w&status=failed")
    assert answer.status == 200
    assert [each["id"] for each in answer.body["data"]] == [DELIVERY_ID]
    assert answer.body["pagination"] == {"next_cursor": "cur_x", "has_more": True}
    assert gateway.scheduler.last.request == webhook_service_pb2.ListWebhookDeliveriesRequest(
        webhook_id=ID,
        page_size=5,
        cursor="cur_w",
        status=webhook_service_pb2.DELIVERY_STATUS_FAILED,
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=", "cursor"),
        ("status=waiting", "status"),
        ("state=failed", "state"),
        ("limit=1&limit=2", "limit"),
    ],
)
async def test_a_query_that_is_wrong_names_its_parameter(
    gateway: Gateway, query: str, field: str
) -> None:
    answer = await gateway.get(f"{PATH}/deliveries?{query}")
    assert (answer.status, answer.body["error"]["details"]["field"]) == (400, field)
    assert gateway.scheduler.asked == []


async def test_one_delivery_is_shown(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        webhook_service_pb2.GetWebhookDeliveryResponse(delivery=delivery())
    )
    answer = await gateway.get(f"{PATH}/deliveries/{DELIVERY_ID}")
    assert (answer.status, answer.body["status"]) == (200, "failed")
    assert gateway.scheduler.last.request == webhook_service_pb2.GetWebhookDeliveryRequest(
        webhook_id=ID, id=DELIVERY_ID
    )


async def test_a_resent_delivery_is_accepted(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        webhook_service_pb2.ResendWebhookDeliveryResponse(delivery=delivery())
    )
    answer = await gateway.call("POST", f"{PATH}/deliveries/{DELIVERY_ID}/resend")
    assert (answer.status, answer.body["id"]) == (202, DELIVERY_ID)
    assert gateway.scheduler.last.request == webhook_service_pb2.ResendWebhookDeliveryRequest(
        webhook_id=ID, id=DELIVERY_ID
    )


async def test_a_test_waits_longer_than_other_calls_for_how_it_went(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(webhook_service_pb2.TestWebhookResponse(delivery=delivery()))
    answer = await gateway.call("POST", f"{PATH}/test")
    assert (answer.status, answer.body["id"]) == (200, DELIVERY_ID)
    assert gateway.scheduler.last.request == webhook_service_pb2.TestWebhookRequest(id=ID)
    # The scheduler waits for 20 of them.
    assert gateway.scheduler.last.seconds_left > 25


async def test_a_test_of_which_nobody_told_is_503_and_says_where_to_look(
    gateway: Gateway,
) -> None:
    gateway.scheduler.will_answer(Unavailable("look among the deliveries"))
    answer = await gateway.call("POST", f"{PATH}/test")
    assert (answer.status, answer.body["error"]["message"]) == (503, "look among the deliveries")


@pytest.mark.parametrize(
    ("action", "response", "request_type"),
    [
        (
            "recover",
            webhook_service_pb2.RecoverWebhookResponse(deliveries=3),
            webhook_service_pb2.RecoverWebhookRequest,
        ),
        (
            "replay-missing",
            webhook_service_pb2.ReplayMissingEventsResponse(deliveries=3),
            webhook_service_pb2.ReplayMissingEventsRequest,
        ),
    ],
)
async def test_what_happened_since_a_moment_is_sent_again(
    gateway: Gateway,
    action: str,
    response: webhook_service_pb2.RecoverWebhookResponse,
    request_type: type[webhook_service_pb2.RecoverWebhookRequest],
) -> None:
    gateway.scheduler.will_answer(response)
    answer = await gateway.call("POST", f"{PATH}/{action}?since={SINCE}")
    assert (answer.status, answer.body) == (202, {"deliveries": 3})
    since = Timestamp(seconds=CREATED_AT.seconds - 7200)
    assert gateway.scheduler.last.request == request_type(webhook_id=ID, since=since)


@pytest.mark.parametrize("action", ["recover", "replay-missing"])
@pytest.mark.parametrize("query", ["", "since=", "since=yesterday", "since=2026-04-21", "until=x"])
async def test_since_is_required_and_must_be_a_moment(
    gateway: Gateway, action: str, query: str
) -> None:
    answer = await gateway.call("POST", f"{PATH}/{action}?{query}")
    field = "until" if query == "until=x" else "since"
    assert (answer.status, answer.body["error"]["details"]["field"]) == (400, field)
    assert gateway.scheduler.asked == []


ROUTES = [
    ("POST", "/test"),
    ("GET", "/deliveries"),
    ("GET", f"/deliveries/{DELIVERY_ID}"),
    ("POST", f"/deliveries/{DELIVERY_ID}/resend"),
    ("POST", f"/recover?since={SINCE}"),
    ("POST", f"/replay-missing?since={SINCE}"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_what_the_scheduler_refuses_is_passed_on(
    gateway: Gateway, method: str, path: str
) -> None:
    for refusal in (NotFound("No", field="id", value=ID), Conflict("Disabled", field="id")):
        gateway.scheduler.will_answer(refusal)
        answer = await gateway.call(method, PATH + path)
        assert (answer.status, answer.body["error"]["code"]) == (refusal.http_status, refusal.code)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_what_can_be_no_webhook_is_404_without_asking_for_it(
    gateway: Gateway, method: str, path: str
) -> None:
    answer = await gateway.call(method, f"/v1/webhooks/nothing{path}")
    assert (answer.status, answer.body["error"]["details"]["field"]) == (404, "id")
    assert gateway.scheduler.asked == []


@pytest.mark.parametrize(("method", "end"), [("GET", ""), ("POST", "/resend")])
async def test_what_can_be_no_delivery_is_404(gateway: Gateway, method: str, end: str) -> None:
    answer = await gateway.call(method, f"{PATH}/deliveries/nothing{end}")
    assert (answer.status, answer.body["error"]["details"]["field"]) == (404, "delivery_id")
    assert gateway.scheduler.asked == []
