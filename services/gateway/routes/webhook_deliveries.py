"""/v1/webhooks/{id}/…: how deliveries went, and sending them again."""

from typing import Final

from starlette.responses import Response

from outscope.errors import Conflict, InvalidRequest, NotFound
from outscope.ids import DELIVERY_PREFIX, is_id
from outscope.v1 import webhook_service_pb2
from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.routes.webhooks import PARAMETERS, TAG, webhook_id_in
from services.gateway.schemas.delivery import (
    Delivery,
    DeliveryList,
    DeliveryListQuery,
    Replayed,
    SinceQuery,
)
from services.gateway.schemas.request import validated
from services.gateway.translate.delivery import (
    delivery_list,
    delivery_list_message,
    delivery_representation,
)
from services.gateway.translate.moment import moment_in
from services.gateway.translate.query import query_fields
from services.gateway.webhook_examples import (
    DELIVERY,
    DELIVERY_LIST,
    PENDING_DELIVERY,
    REPLAYED,
    TEST_DELIVERY,
)

_OF_DELIVERY: Final = {**PARAMETERS, "delivery_id": "The id of the delivery, dlv_…"}

_ON_THEIR_WAY: Final = Answer(
    description="They are on their way.", schema=Replayed, example=REPLAYED
)


async def send_test(call: Call) -> Response:
    """Send a sample event, and tell how it went."""
    message = webhook_service_pb2.TestWebhookRequest(id=webhook_id_in(call))
    answer = await call.scheduler.webhooks.test(message, call.caller)
    return JsonResponse(delivery_representation(answer.delivery))


async def list_deliveries(call: Call) -> Response:
    """Return one page of a webhook's deliveries, newest first."""
    webhook_id = webhook_id_in(call)
    pairs = call.request.query_params.multi_items()
    query = validated(DeliveryListQuery, query_fields(pairs, numbers=("limit",)))
    message = delivery_list_message(webhook_id, query)
    page = await call.scheduler.webhooks.delivery_page(message, call.caller)
    return JsonResponse(delivery_list(page))


async def show_delivery(call: Call) -> Response:
    """Return a delivery with its attempts."""
    message = webhook_service_pb2.GetWebhookDeliveryRequest(
        webhook_id=webhook_id_in(call), id=_delivery_id_in(call)
    )
    answer = await call.scheduler.webhooks.delivery(message, call.caller)
    return JsonResponse(delivery_representation(answer.delivery))


async def resend_delivery(call: Call) -> Response:
    """Send a delivery once more."""
    message = webhook_service_pb2.ResendWebhookDeliveryRequest(
        webhook_id=webhook_id_in(call), id=_delivery_id_in(call)
    )
    answer = await call.scheduler.webhooks.resend(message, call.caller)
    return JsonResponse(delivery_representation(answer.delivery), 202)


async def recover(call: Call) -> Response:
    """Send again what has failed since a moment."""
    webhook_id = webhook_id_in(call)
    message = webhook_service_pb2.RecoverWebhookRequest(
        webhook_id=webhook_id, since=moment_in(_since(call), "since")
    )
    answer = await call.scheduler.webhooks.recover(message, call.caller)
    return JsonResponse(Replayed(deliveries=answer.deliveries), 202)


async def replay_missing(call: Call) -> Response:
    """Send what was kept since a moment while the webhook was disabled."""
    webhook_id = webhook_id_in(call)
    message = webhook_service_pb2.ReplayMissingEventsRequest(
        webhook_id=webhook_id, since=moment_in(_since(call), "since")
    )
    answer = await call.scheduler.webhooks.replay_missing(message, call.caller)
    return JsonResponse(Replayed(deliveries=answer.deliveries), 202)


def _since(call: Call) -> str:
    pairs = call.request.query_params.multi_items()
    return validated(SinceQuery, query_fields(pairs)).since


def _delivery_id_in(call: Call) -> str:
    delivery_id = str(call.request.path_params["delivery_id"])
    if not is_id(DELIVERY_PREFIX, delivery_id):
        raise NotFound(
            "There is no such delivery of this webhook", field="delivery_id", value=delivery_id
        )
    return delivery_id


OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/webhooks/{id}/test",
        run=send_test,
        name="testWebhook",
        tag=TAG,
        summary="Send a sample event",
        description=(
            "Sends a webhook.test event now, signed like every other, whatever the webhook "
            "subscribes to and even while it is disabled, and waits for how it went: 503 when that "
            "is not known within 20 seconds. It is tried once."
        ),
        parameters=PARAMETERS,
        answers={
            200: Answer(
                description="The delivery, with its one attempt.",
                schema=Delivery,
                example=TEST_DELIVERY,
            )
        },
        refusals=(NotFound,),
    ),
    Operation(
        method="GET",
        path="/v1/webhooks/{id}/deliveries",
        run=list_deliveries,
        name="listWebhookDeliveries",
        tag=TAG,
        summary="List deliveries",
        description="Lists what was, is or will be sent to a webhook, newest first, page by page.",
        parameters=PARAMETERS,
        query=DeliveryListQuery,
        answers={200: Answer(description="One page.", schema=DeliveryList, example=DELIVERY_LIST)},
        refusals=(InvalidRequest, NotFound),
    ),
    Operation(
        method="GET",
        path="/v1/webhooks/{id}/deliveries/{delivery_id}",
        run=show_delivery,
        name="getWebhookDelivery",
        tag=TAG,
        summary="Get a delivery",
        description="Returns a delivery with its attempts and what the receiver answered.",
        parameters=_OF_DELIVERY,
        answers={200: Answer(description="The delivery.", schema=Delivery, example=DELIVERY)},
        refusals=(NotFound,),
    ),
    Operation(
        method="POST",
        path="/v1/webhooks/{id}/deliveries/{delivery_id}/resend",
        run=resend_delivery,
        name="resendWebhookDelivery",
        tag=TAG,
        summary="Send a delivery once more",
        description=(
            "Sends it now under the same webhook-id, whatever became of it before, and by the "
            "schedule from its beginning when that fails; a test event is tried once. 409 while it "
            "is under way, and while the webhook is disabled."
        ),
        parameters=_OF_DELIVERY,
        answers={
            202: Answer(description="It is on its way.", schema=Delivery, example=PENDING_DELIVERY)
        },
        refusals=(NotFound, Conflict),
    ),
    Operation(
        method="POST",
        path="/v1/webhooks/{id}/recover",
        run=recover,
        name="recoverWebhook",
        tag=TAG,
        summary="Send again what failed",
        description=(
            "Sends again every delivery of an event since a moment that has failed, test events "
            "left out. A webhook that is disabled is a 409."
        ),
        parameters=PARAMETERS,
        query=SinceQuery,
        answers={
            202: Answer(description="They are on their way.", schema=Replayed, example=REPLAYED)
        },
        refusals=(InvalidRequest, NotFound, Conflict),
    ),
    Operation(
        method="POST",
        path="/v1/webhooks/{id}/replay-missing",
        run=replay_missing,
        name="replayMissingEvents",
        tag=TAG,
        summary="Send what was kept",
        description=(
            "Sends the events since a moment that were kept while the webhook was disabled. "
            "A webhook that is disabled still is a 409."
        ),
        parameters=PARAMETERS,
        query=SinceQuery,
        answers={
            202: Answer(description="They are on their way.", schema=Replayed, example=REPLAYED)
        },
        refusals=(InvalidRequest, NotFound, Conflict),
    ),
)
