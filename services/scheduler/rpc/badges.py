"""BadgeService: which names an account shows everybody, and what of them.

Law: who has no key learns of a name that is not published nothing at all, not even whether it is a
name.
"""

from dataclasses import dataclass

import grpc.aio

from outscope.errors import Conflict, InvalidRequest, NotFound
from outscope.fqdn import normalised_fqdn
from outscope.rpc.interceptors import Context
from outscope.v1 import badge_service_pb2, badge_service_pb2_grpc, check_pb2
from services.scheduler.domain.badge import ShownCheck
from services.scheduler.domain.cursor import Position, cursor_text, position_in
from services.scheduler.rpc.callers import Callers
from services.scheduler.rpc.detail import check_detail
from services.scheduler.rpc.pages import page_size
from services.scheduler.store.badges import (
    find_shown,
    hold_badge,
    list_badges_of,
    withdraw_badge,
)
from services.scheduler.store.checks import find_latest_completed
from services.scheduler.store.database import Database
from services.scheduler.translate.badge import badge_message, listed_message, published_message
from services.scheduler.translate.detail import detail_message


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeParts:
    """What showing badges takes."""

    database: Database
    callers: Callers
    # Signs where a page ends.
    cursor_key: bytes


class BadgeServicer(badge_service_pb2_grpc.BadgeServiceServicer):
    """Publishes, withdraws and shows badges."""

    def __init__(self, parts: BadgeParts) -> None:
        self._database = parts.database
        self._callers = parts.callers
        self._cursor_key = parts.cursor_key

    async def PublishBadge(  # noqa: N802 - the contract's name
        self, request: badge_service_pb2.PublishBadgeRequest, context: Context
    ) -> badge_service_pb2.PublishBadgeResponse:
        """Show everybody the verdict on a name that the account has checked."""
        caller = await self._callers.account_calling(context)
        fqdn = normalised_fqdn(request.fqdn)
        async with self._database.session() as connection:
            check_id = await find_latest_completed(connection, fqdn, account_id=caller.account_id)
            if check_id is None:
                raise NotFound(
                    f"No check of {fqdn} has completed in this account; create one, and publish"
                    " when it has",
                    field="fqdn",
                    value=request.fqdn,
                )
            badge = await hold_badge(connection, fqdn, account_id=caller.account_id)
        if badge.account_id != caller.account_id:
            raise Conflict(
                f"Another account publishes {fqdn}; it can be published when that one has withdrawn"
                " it, or the operator of this server has removed it",
                field="fqdn",
                value=request.fqdn,
            )
        return published_message(badge)

    async def WithdrawBadge(  # noqa: N802 - the contract's name
        self, request: badge_service_pb2.WithdrawBadgeRequest, context: Context
    ) -> badge_service_pb2.WithdrawBadgeResponse:
        """Show a name no longer, if the account does."""
        caller = await self._callers.account_calling(context)
        fqdn = normalised_fqdn(request.fqdn)
        async with self._database.session() as connection:
            await withdraw_badge(connection, fqdn, account_id=caller.account_id)
        return badge_service_pb2.WithdrawBadgeResponse()

    async def ListBadges(  # noqa: N802 - the contract's name
        self, request: badge_service_pb2.ListBadgesRequest, context: Context
    ) -> badge_service_pb2.ListBadgesResponse:
        """Return one page of the names that the account shows."""
        caller = await self._callers.account_calling(context)
        limit = page_size(request, "badges")
        scope = f"{caller.account_id} badges"  # a cursor of one list is none of another
        after = ""
        if request.cursor:
            last = position_in(request.cursor, account_id=scope, key=self._cursor_key)
            after = last.check_id
        async with self._database.session() as connection:
            found = await list_badges_of(
                connection, caller.account_id, after_fqdn=after, limit=limit + 1
            )
        page = listed_message(found[:limit])
        if len(found) > limit:
            end = Position(created_at=found[limit - 1].created_at, check_id=found[limit - 1].fqdn)
            page.next_cursor = cursor_text(end, account_id=scope, key=self._cursor_key)
        return page

    async def GetBadge(  # noqa: N802 - the contract's name
        self, request: badge_service_pb2.GetBadgeRequest, context: Context
    ) -> badge_service_pb2.GetBadgeResponse:
        """Return what is shown of a name to anybody; no key is asked for."""
        del context
        not_shown = NotFound("There is no such badge")
        try:
            fqdn = normalised_fqdn(request.fqdn)
        except InvalidRequest:
            raise not_shown from None
        async with self._database.session() as connection:
            shown = await find_shown(connection, fqdn)
        if shown is None:
            raise not_shown
        check = await self._check(shown)
        return badge_service_pb2.GetBadgeResponse(badge=badge_message(fqdn, check))

    async def _check(self, shown: ShownCheck) -> check_pb2.Check | None:
        """Return the check that is shown; None when there is none, or it has been deleted since."""
        if shown.check_id is None:
            return None
        try:
            detail = await check_detail(self._database, shown.check_id, account_id=shown.account_id)
        except NotFound:
            return None
        return detail_message(detail)


def add_badge_service(server: grpc.aio.Server, parts: BadgeParts) -> str:
    """Serve BadgeService; return its full name."""
    badge_service_pb2_grpc.add_BadgeServiceServicer_to_server(BadgeServicer(parts), server)
    return badge_service_pb2.DESCRIPTOR.services_by_name["BadgeService"].full_name
