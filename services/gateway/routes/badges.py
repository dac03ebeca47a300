"""/v1/badge: the verdict on a name as a picture for everybody, where an account publishes it."""

from datetime import UTC, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from starlette.responses import Response

from outscope.errors import (
    Conflict,
    DeadlineExceeded,
    InvalidRequest,
    NotFound,
    Overloaded,
    Unavailable,
)
from outscope.fqdn import normalised_fqdn
from outscope.v1 import badge_service_pb2
from services.gateway.conditional import (
    IF_NONE_MATCH,
    NOT_MODIFIED,
    entity_tag,
    holds,
)
from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.schemas.badge import (
    BADGE_EXAMPLE,
    BADGE_LIST_EXAMPLE,
    BadgeList,
    BadgeListQuery,
    PublishedBadge,
)
from services.gateway.schemas.request import validated
from services.gateway.translate.badge import (
    badge_list,
    badge_list_message,
    badge_svg,
    published_representation,
)
from services.gateway.translate.query import query_fields

_TAG: Final = "Badges"
_PARAMETERS: Final = {"fqdn": "The name; normalised as when creating a check."}
_ENDING: Final = ".svg"
_MEDIA_TYPE: Final = "image/svg+xml"
# Pages of others show it; what keeps it on the way asks again after five minutes.
_SHOWN: Final = {
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_EXAMPLE: Final = badge_svg(
    badge_service_pb2.Badge(
        fqdn="example.com",
        verdict=badge_service_pb2.BADGE_VERDICT_ANALYZABLE,
        checked_at=Timestamp(seconds=1_776_765_600),  # three hours before
    ),
    datetime(2026, 4, 21, 13, tzinfo=UTC),
)


async def show_badge(call: Call) -> Response:
    """Return the badge of a name that is published; all others are answered alike."""
    fqdn = _name_in(call)
    try:
        name = normalised_fqdn(fqdn)
    except InvalidRequest:
        raise NotFound("There is no such badge") from None
    message = badge_service_pb2.GetBadgeRequest(fqdn=name)
    badge = await call.badges.badge(name, lambda: call.scheduler.badge(message, call.caller))
    body = badge_svg(badge, call.badges.clock()).encode()
    headers = {"ETag": entity_tag(body), **_SHOWN}
    if holds(call.request.headers.getlist(IF_NONE_MATCH), headers["ETag"]):
        return Response(status_code=NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type=_MEDIA_TYPE)


async def list_badges(call: Call) -> Response:
    """Return one page of the names that the account shows."""
    pairs = call.request.query_params.multi_items()
    query = validated(BadgeListQuery, query_fields(pairs, numbers=("limit",)))
    page = await call.scheduler.published_badges(badge_list_message(query), call.caller)
    return JsonResponse(badge_list(page))


async def publish_badge(call: Call) -> Response:
    """Show everybody the verdict on a name."""
    message = badge_service_pb2.PublishBadgeRequest(fqdn=_name_to_change(call))
    answer = await call.scheduler.publish_badge(message, call.caller)
    return JsonResponse(published_representation(answer))


async def withdraw_badge(call: Call) -> Response:
    """Show it no longer."""
    message = badge_service_pb2.WithdrawBadgeRequest(fqdn=_name_to_change(call))
    await call.scheduler.withdraw_badge(message, call.caller)
    return Response(status_code=204)


def _name_to_change(call: Call) -> str:
    """Return the name; with the ending of its picture it would change nothing, and not say so."""
    fqdn = _name_in(call)
    name = fqdn.removesuffix(_ENDING)
    if name != fqdn:
        raise InvalidRequest(
            f"The picture ends in {_ENDING}, the name does not; send this to /v1/badge/{name}",
            field="fqdn",
            value=fqdn,
        )
    return name


def _name_in(call: Call) -> str:
    return str(call.request.path_params["fqdn"])


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/badge/{fqdn}.svg",
        run=show_badge,
        name="getBadge",
        tag=_TAG,
        summary="Get the badge of a name",
        description=(
            "Returns the verdict of the latest completed check of a name as a picture, without a "
            "key: analyzable, not analyzable, unreachable or unknown, with its age as the title. "
            "Only checks with the default ports and paths, from vantage points that everybody may "
            "use, count. Unless an account publishes the "
            "name it is a 404, whether the name is known or is one at all. What has changed shows "
            "after a minute; 503 with Retry-After when too many names are asked for at once."
        ),
        parameters=_PARAMETERS,
        answers={
            200: Answer(
                description="The badge.", schema=str, media_type=_MEDIA_TYPE, example=_EXAMPLE
            )
        },
        refusals=(NotFound, Unavailable, Overloaded, DeadlineExceeded),
        needs_key=False,
        is_conditional=True,
    ),
    Operation(
        method="GET",
        path="/v1/badges",
        run=list_badges,
        name="listBadges",
        tag=_TAG,
        summary="List published badges",
        description=(
            "Lists the names whose verdict the account shows everybody, in order of the alphabet, "
            "page by page."
        ),
        query=BadgeListQuery,
        answers={
            200: Answer(description="One page.", schema=BadgeList, example=BADGE_LIST_EXAMPLE)
        },
        refusals=(InvalidRequest,),
    ),
    Operation(
        method="PUT",
        path="/v1/badge/{fqdn}",
        run=publish_badge,
        name="publishBadge",
        tag=_TAG,
        summary="Publish the badge of a name",
        description=(
            "Shows everybody the verdict on a name of which a check has completed in this "
            "account: 404 without one. Published already, it stays as it is. The account that was "
            "first holds the name until it withdraws it: 409 for others."
        ),
        parameters=_PARAMETERS,
        answers={
            200: Answer(
                description="It is published.", schema=PublishedBadge, example=BADGE_EXAMPLE
            )
        },
        refusals=(InvalidRequest, NotFound, Conflict),
    ),
    Operation(
        method="DELETE",
        path="/v1/badge/{fqdn}",
        run=withdraw_badge,
        name="withdrawBadge",
        tag=_TAG,
        summary="Withdraw the badge of a name",
        description=(
            "Shows the name no longer, within a minute, and five where a picture is kept on the "
            "way. A name that this account does not publish stays as it is. The name is without "
            ".svg, as when publishing it: 400 with it."
        ),
        parameters=_PARAMETERS,
        answers={204: Answer(description="This account does not publish it.", media_type="")},
        refusals=(InvalidRequest,),
    ),
)
