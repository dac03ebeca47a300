"""What each page of the console asks of the API, and what it does with a form.

Law: nothing of the domain is decided here; a page shows what the API answered, or why it did not.
"""

import secrets
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from services.gateway.console.answers import going_on, page_answer
from services.gateway.console.api import ApiAnswer
from services.gateway.console.pages.account import keys_page, usage_page, vantage_points_page
from services.gateway.console.pages.check import check_page
from services.gateway.console.pages.check_list import check_list_page
from services.gateway.console.pages.compare import compare_page
from services.gateway.console.pages.new_check import (
    DEFAULTS,
    form_of,
    new_check_page,
    request_of,
)
from services.gateway.console.visit import UNAUTHORIZED, Refused, Visit, form_in

_LIST_QUERY: Final = ("fqdn", "status", "cursor")
_COMPARED: Final = 2


async def new_check(visit: Visit) -> Response:
    """Show the form; again names a check that is to be asked for once more."""
    form = DEFAULTS
    if again := visit.request.query_params.get("again"):
        form = form_of(await visit.check(again))
    elif fqdn := visit.request.query_params.get("fqdn"):
        form = {**DEFAULTS, "fqdn": fqdn}
    return await _new_check(visit, form)


async def create_check(visit: Visit) -> Response:
    """Create what the form asks for; show it again with what is wrong."""
    form = {**DEFAULTS, **await form_in(visit.request)}
    answer = await visit.api.ask(
        "POST", "/v1/check", body=request_of(form), once=form.get("once", "")
    )
    if answer.is_success:
        return going_on(f"/checks/{answer.body['id']}")
    if answer.status == UNAUTHORIZED:
        raise Refused(answer)
    return await _new_check(visit, form, answer)


async def list_checks(visit: Visit) -> Response:
    """Show a page of checks."""
    asked = {name: visit.request.query_params.get(name, "") for name in _LIST_QUERY}
    answer = await visit.asked("/v1/checks", asked)
    return page_answer(check_list_page(answer, asked, visit.base_url))


async def show_check(visit: Visit) -> Response:
    """Show a check as it is now."""
    check = await visit.check(visit.check_id())
    return page_answer(check_page(check, visit.base_url))


async def cancel_check(visit: Visit) -> Response:
    """Cancel a check; one that has ended meanwhile is shown as it is."""
    check_id = visit.check_id()
    answer = await visit.api.ask("DELETE", f"/v1/check/{check_id}")
    if not answer.is_success and answer.code != "conflict":
        raise Refused(answer)
    return going_on(f"/checks/{check_id}")


async def compare(visit: Visit) -> Response:
    """Compare two checks, once two are named; the older one first."""
    named = [one.strip() for one in visit.request.query_params.getlist("check") if one.strip()]
    ids = named[:_COMPARED]
    checks = [await visit.check(one) for one in ids] if len(ids) == _COMPARED else []
    # Ids sort by time, and more finely than what is shown of it.
    checks.sort(key=lambda check: str(check["id"]))
    shown = [str(check["id"]) for check in checks] or ids
    left_out = len(named) - len(ids)
    return page_answer(compare_page(shown, checks, visit.base_url, left_out=left_out))


async def list_vantage_points(visit: Visit) -> Response:
    """Show the vantage points."""
    return page_answer(vantage_points_page(await visit.asked("/v1/vantage-points"), visit.base_url))


async def show_usage(visit: Visit) -> Response:
    """Show what is used of the limits."""
    return page_answer(usage_page(await visit.asked("/v1/usage"), visit.base_url))


async def show_keys(visit: Visit) -> Response:
    """Show which key is in use, if it still is valid, and what it may."""
    usage = await visit.asked("/v1/usage")
    return page_answer(keys_page(visit.api.api_key, usage, visit.base_url))


async def _new_check(
    visit: Visit, form: Mapping[str, str], refusal: ApiAnswer | None = None
) -> Response:
    vantage_points = (await visit.asked("/v1/vantage-points"))["data"]
    once, problem = secrets.token_urlsafe(16), refusal.message if refusal else ""
    html = new_check_page(form, vantage_points, once, visit.base_url, problem)
    return page_answer(html, refusal.status if refusal else 200)
