"""/v1/webhooks/{id}/…: what signs the events of a webhook, and what they are verified with."""

from typing import Final

from starlette.responses import Response

from outscope.errors import Conflict, InvalidRequest, NotFound
from outscope.v1 import webhook_service_pb2
from services.gateway.body import json_body_if_any
from services.gateway.idempotency import REPLAY_HEADERS, replay_headers
from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.routes.webhooks import PARAMETERS, TAG, webhook_id_in
from services.gateway.schemas.request import validated
from services.gateway.schemas.webhook import PublicKey, RotatedSecret, RotationRequest, Secret
from services.gateway.translate.webhook import (
    rotated_secret,
    rotation_message,
    secret_representation,
)
from services.gateway.webhook_examples import (
    PUBLIC_KEY,
    ROTATED_SECRET,
    ROTATION_EXAMPLE,
    SECRET,
)


async def rotate_secret(call: Call) -> Response:
    """Give a webhook another signing secret."""
    webhook_id = webhook_id_in(call)
    asked = validated(RotationRequest, await json_body_if_any(call.request))
    message = rotation_message(webhook_id, asked)
    answer = await call.scheduler.webhooks.rotate_secret(message, call.caller)
    return JsonResponse(rotated_secret(answer), 201, replay_headers(answer))


async def show_secret(call: Call) -> Response:
    """Return the signing secret; that it was asked for is noted."""
    message = webhook_service_pb2.GetWebhookSecretRequest(id=webhook_id_in(call))
    answer = await call.scheduler.webhooks.secret(message, call.caller)
    return JsonResponse(secret_representation(answer))


async def show_public_key(call: Call) -> Response:
    """Return what v1a signatures are verified with."""
    message = webhook_service_pb2.GetWebhookPublicKeyRequest(id=webhook_id_in(call))
    answer = await call.scheduler.webhooks.public_key(message, call.caller)
    return JsonResponse(PublicKey(public_key=answer.public_key))


OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/webhooks/{id}/rotate-secret",
        run=rotate_secret,
        name="rotateWebhookSecret",
        tag=TAG,
        summary="Rotate a signing secret",
        description=(
            "Makes a new secret. Deliveries are signed with it and, for overlap_hours, with the "
            "one until now: a receiver that knows either verifies them. No more than five may "
            "sign beside the new one: 409, unless overlap_hours is 0."
        ),
        parameters=PARAMETERS,
        body=RotationRequest,
        body_example=ROTATION_EXAMPLE,
        body_may_be_absent=True,
        answers={
            201: Answer(
                description="The new secret signs.",
                schema=RotatedSecret,
                example=ROTATED_SECRET,
                headers=REPLAY_HEADERS,
            )
        },
        refusals=(InvalidRequest, NotFound, Conflict),
        creates=True,
    ),
    Operation(
        method="GET",
        path="/v1/webhooks/{id}/secret",
        run=show_secret,
        name="getWebhookSecret",
        tag=TAG,
        summary="Get a signing secret",
        description="Returns the secret. Each call is noted with the API key that made it.",
        parameters=PARAMETERS,
        answers={200: Answer(description="The secret.", schema=Secret, example=SECRET)},
        refusals=(NotFound,),
    ),
    Operation(
        method="GET",
        path="/v1/webhooks/{id}/public-key",
        run=show_public_key,
        name="getWebhookPublicKey",
        tag=TAG,
        summary="Get a public key",
        description=(
            "Returns what v1a signatures are verified with; 409 when the webhook has only v1."
        ),
        parameters=PARAMETERS,
        answers={200: Answer(description="The key.", schema=PublicKey, example=PUBLIC_KEY)},
        refusals=(NotFound, Conflict),
    ),
)
