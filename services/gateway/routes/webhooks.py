"""/v1/webhooks: where the events of an account are sent."""

from typing import Final

from starlette.responses import Response

from outscope.errors import Conflict, InvalidRequest, NotFound
from outscope.ids import WEBHOOK_PREFIX, is_id
from outscope.limits import MAX_WEBHOOKS
from outscope.v1 import webhook_service_pb2
from services.gateway.body import json_body
from services.gateway.idempotency import REPLAY_HEADERS, replay_headers
from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.schemas.request import validated
from services.gateway.schemas.webhook import (
    ChangedWebhook,
    CreatedWebhook,
    Webhook,
    WebhookChange,
    WebhookList,
    WebhookListQuery,
    WebhookRequest,
)
from services.gateway.translate.query import query_fields
from services.gateway.translate.webhook import (
    change_message,
    changed_webhook,
    created_webhook,
    webhook_list,
    webhook_list_message,
    webhook_message,
    webhook_representation,
)
from services.gateway.webhook_examples import (
    CHANGE_EXAMPLE,
    DISABLED_WEBHOOK,
    WEBHOOK,
    WEBHOOK_CREATED_EXAMPLE,
    WEBHOOK_EXAMPLE,
    WEBHOOK_LIST,
)

TAG: Final = "Webhooks"
PARAMETERS: Final = {"id": "The id of the webhook, whk_…"}


async def create_webhook(call: Call) -> Response:
    """Subscribe a URL to events."""
    asked = validated(WebhookRequest, await json_body(call.request))
    answer = await call.scheduler.webhooks.create(webhook_message(asked), call.caller)
    headers = {"Location": f"/v1/webhooks/{answer.webhook.id}", **replay_headers(answer)}
    return JsonResponse(created_webhook(answer), 201, headers)


async def list_webhooks(call: Call) -> Response:
    """Return one page of the account's webhooks, newest first."""
    pairs = call.request.query_params.multi_items()
    query = validated(WebhookListQuery, query_fields(pairs, numbers=("limit",)))
    page = await call.scheduler.webhooks.page(webhook_list_message(query), call.caller)
    return JsonResponse(webhook_list(page))


async def show_webhook(call: Call) -> Response:
    """Return a webhook of the caller's account."""
    message = webhook_service_pb2.GetWebhookRequest(id=webhook_id_in(call))
    answer = await call.scheduler.webhooks.webhook(message, call.caller)
    return JsonResponse(webhook_representation(answer.webhook))


async def change_webhook(call: Call) -> Response:
    """Change what the request names of a webhook."""
    webhook_id = webhook_id_in(call)
    change = validated(WebhookChange, await json_body(call.request))
    answer = await call.scheduler.webhooks.update(change_message(webhook_id, change), call.caller)
    return JsonResponse(changed_webhook(answer))


async def delete_webhook(call: Call) -> Response:
    """Delete a webhook of the caller's account."""
    message = webhook_service_pb2.DeleteWebhookRequest(id=webhook_id_in(call))
    await call.scheduler.webhooks.delete(message, call.caller)
    return Response(status_code=204)


def webhook_id_in(call: Call) -> str:
    """Return the webhook that a path names; what no webhook can be named is refused."""
    webhook_id = str(call.request.path_params["id"])
    if not is_id(WEBHOOK_PREFIX, webhook_id):
        raise NotFound("There is no such webhook in this account", field="id", value=webhook_id)
    return webhook_id


OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/webhooks",
        run=create_webhook,
        name="createWebhook",
        tag=TAG,
        summary="Create a webhook",
        description=(
            "Sends the account's events to a URL, signed as Standard Webhooks says. Keep the "
            "secret: no list shows it, and asking for it is noted. "
            f"An account has at most {MAX_WEBHOOKS} webhooks that are enabled: one more is a 409."
        ),
        body=WebhookRequest,
        body_example=WEBHOOK_EXAMPLE,
        answers={
            201: Answer(
                description="The webhook was created.",
                schema=CreatedWebhook,
                example=WEBHOOK_CREATED_EXAMPLE,
                headers={"Location": "Where the webhook is.", **REPLAY_HEADERS},
            )
        },
        refusals=(InvalidRequest, Conflict),
        creates=True,
    ),
    Operation(
        method="GET",
        path="/v1/webhooks",
        run=list_webhooks,
        name="listWebhooks",
        tag=TAG,
        summary="List webhooks",
        description="Lists the webhooks of the account, newest first, page by page.",
        query=WebhookListQuery,
        answers={200: Answer(description="One page.", schema=WebhookList, example=WEBHOOK_LIST)},
        refusals=(InvalidRequest,),
    ),
    Operation(
        method="GET",
        path="/v1/webhooks/{id}",
        run=show_webhook,
        name="getWebhook",
        tag=TAG,
        summary="Get a webhook",
        description="Returns a webhook, whether events are sent to it, and if not, why.",
        parameters=PARAMETERS,
        answers={
            200: Answer(
                description="The webhook.",
                schema=Webhook,
                example=WEBHOOK,
                further_examples={"disabled": DISABLED_WEBHOOK},
            )
        },
        refusals=(NotFound,),
    ),
    Operation(
        method="PATCH",
        path="/v1/webhooks/{id}",
        run=change_webhook,
        name="updateWebhook",
        tag=TAG,
        summary="Change a webhook",
        description=(
            "Changes what the body names and leaves the rest. Each field is looked at as when "
            "creating. With enabled false events are kept and can be replayed; true enables again "
            "whatever disabled it, unless the account has as many enabled ones as it may: 409."
        ),
        parameters=PARAMETERS,
        body=WebhookChange,
        body_example=CHANGE_EXAMPLE,
        answers={
            200: Answer(
                description="The webhook as it is now.",
                schema=ChangedWebhook,
                example=DISABLED_WEBHOOK,
            )
        },
        refusals=(NotFound, Conflict),
    ),
    Operation(
        method="DELETE",
        path="/v1/webhooks/{id}",
        run=delete_webhook,
        name="deleteWebhook",
        tag=TAG,
        summary="Delete a webhook",
        description=(
            "Sends nothing more to it, not even what was on its way, and forgets its secret. "
            "It cannot be brought back."
        ),
        parameters=PARAMETERS,
        answers={204: Answer(description="It is deleted.", media_type="")},
        refusals=(NotFound,),
    ),
)
