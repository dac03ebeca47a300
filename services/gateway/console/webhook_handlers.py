"""What the pages of webhooks ask of the API, and what they do with their forms.

Law: the one of handlers: nothing of the domain is decided here.
"""

import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from services.gateway.console.answers import going_on, page_answer
from services.gateway.console.api import ApiAnswer, Json
from services.gateway.console.pages.webhook_form import (
    NEW,
    NOTHING,
    changes_of,
    edit_webhook_page,
    form_of,
    new_webhook_page,
    request_of,
)
from services.gateway.console.pages.webhooks import created_page, webhook_page, webhooks_page
from services.gateway.console.visit import UNAUTHORIZED, Refused, Visit, form_in

# What is said by a page that one comes to after having done something.
_SAID: Final[Mapping[str, str]] = {
    "changed": "The webhook was changed.",
    "deleted": "The webhook was deleted.",
    "resent": "The delivery is being sent again.",
    "replayed": "What is to be sent again is on its way.",
    "tested": "A test event was sent; how it went stands first among the deliveries.",
}


async def list_webhooks(visit: Visit) -> Response:
    """Show the webhooks of the account."""
    answer = await visit.asked("/v1/webhooks", _query(visit, "cursor"))
    return page_answer(webhooks_page(answer, visit.base_url, _said(visit)))


async def new_webhook(visit: Visit) -> Response:
    """Show the form of a webhook that is to be."""
    return page_answer(new_webhook_page(NEW, _once(), visit.base_url))


async def create_webhook(visit: Visit) -> Response:
    """Create what the form asks for and show its secret; show the form with what is wrong."""
    form = {**NOTHING, **await form_in(visit.request)}
    answer = await visit.api.ask(
        "POST", "/v1/webhooks", body=request_of(form), once=form.get("once", "")
    )
    if answer.is_success:
        return page_answer(created_page(answer.body, visit.base_url))
    html = new_webhook_page(form, _once(), visit.base_url, _problem(answer))
    return page_answer(html, answer.status)


async def show_webhook(visit: Visit) -> Response:
    """Show a webhook with its deliveries."""
    webhook = await visit.asked(_api_place(visit))
    return await _shown(visit, webhook, _said(visit))


async def edit_webhook(visit: Visit) -> Response:
    """Show the form of a webhook that is there."""
    webhook = await visit.asked(_api_place(visit))
    return page_answer(edit_webhook_page(webhook, form_of(webhook), visit.base_url))


async def change_webhook(visit: Visit) -> Response:
    """Change what the form has otherwise; show it again with what is wrong."""
    form = {**NOTHING, **await form_in(visit.request)}
    webhook = await visit.asked(_api_place(visit))
    changes = changes_of(form, webhook)
    if not changes:
        return _back(visit, "changed")
    answer = await visit.api.ask("PATCH", _api_place(visit), body=changes)
    if not answer.is_success:
        html = edit_webhook_page(webhook, form, visit.base_url, _problem(answer))
        return page_answer(html, answer.status)
    if answer.body.get("warnings"):
        return await _shown(visit, answer.body, _SAID["changed"], *answer.body["warnings"])
    return _back(visit, "changed")


async def delete_webhook(visit: Visit) -> Response:
    """Delete a webhook."""
    await visit.asked(_api_place(visit), method="DELETE")
    return going_on("/webhooks?done=deleted")


async def test_webhook(visit: Visit) -> Response:
    """Have a test event sent."""
    await visit.asked(f"{_api_place(visit)}/test", method="POST")
    return _back(visit, "tested")


async def resend_delivery(visit: Visit) -> Response:
    """Have a delivery sent again."""
    delivery_id = visit.path_parameter("delivery_id")
    await visit.asked(f"{_api_place(visit)}/deliveries/{delivery_id}/resend", method="POST")
    return _back(visit, "resent")


async def recover(visit: Visit) -> Response:
    """Have sent again what has failed since a moment."""
    return await _sent_since(visit, "recover")


async def replay_missing(visit: Visit) -> Response:
    """Have sent what was held since a moment."""
    return await _sent_since(visit, "replay-missing")


async def _sent_since(visit: Visit, what: str) -> Response:
    since = (await form_in(visit.request)).get("since", "").strip()
    await visit.asked(f"{_api_place(visit)}/{what}", {"since": since}, method="POST")
    return _back(visit, "replayed")


async def _shown(visit: Visit, webhook: Json, *said: str) -> Response:
    query = _query(visit, "cursor", "status")
    deliveries = await visit.asked(f"{_api_place(visit)}/deliveries", query)
    html = webhook_page(webhook, deliveries, visit.base_url, status=query["status"], said=said)
    return page_answer(html)


def _back(visit: Visit, done: str) -> Response:
    return going_on(f"/webhooks/{visit.path_parameter('id')}?{urlencode({'done': done})}")


def _problem(answer: ApiAnswer) -> str:
    if answer.status == UNAUTHORIZED:
        raise Refused(answer)
    return answer.message


def _api_place(visit: Visit) -> str:
    return f"/v1/webhooks/{visit.path_parameter('id')}"


def _said(visit: Visit) -> str:
    return _SAID.get(visit.request.query_params.get("done", ""), "")


def _query(visit: Visit, *names: str) -> dict[str, str]:
    return {name: visit.request.query_params.get(name, "") for name in names}


def _once() -> str:
    return secrets.token_urlsafe(16)
