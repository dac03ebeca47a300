"""Pages of an account's checks, newest first: their sizes, and the cursors that lead on."""

from dataclasses import dataclass

from outscope.errors import InvalidRequest
from outscope.fqdn import normalised_fqdn
from outscope.limits import DEFAULT_PAGE, MAX_PAGE
from outscope.v1 import (
    badge_service_pb2,
    check_service_pb2,
    judgement_service_pb2,
    webhook_service_pb2,
)
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.check import Check, CheckStatus
from services.scheduler.domain.cursor import Position, cursor_text, position_in
from services.scheduler.store.checks import list_checks
from services.scheduler.store.database import Database

PageRequest = check_service_pb2.ListChecksRequest | judgement_service_pb2.RejudgeChecksRequest
AnyPageRequest = (
    PageRequest
    | badge_service_pb2.ListBadgesRequest
    | webhook_service_pb2.ListWebhooksRequest
    | webhook_service_pb2.ListWebhookDeliveriesRequest
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPages:
    """Finds pages; the key signs their cursors."""

    database: Database
    cursor_key: bytes

    async def page(
        self,
        caller: Caller,
        request: PageRequest,
        status: CheckStatus | None,
        *,
        most: int = MAX_PAGE,
    ) -> tuple[list[Check], str]:
        """Return a page of at most so many checks and the next cursor; the last page has none."""
        limit = min(page_size(request), most)
        after = self._after(request.cursor, caller)
        fqdn = normalised_fqdn(request.fqdn) if request.fqdn else None
        async with self.database.session() as connection:
            checks = await list_checks(
                connection,
                account_id=caller.account_id,
                fqdn=fqdn,
                status=status,
                after=after,
                limit=limit + 1,  # one more tells whether there is a next page
            )
        page = checks[:limit]
        if len(checks) == len(page):
            return page, ""
        last = Position(created_at=page[-1].created_at, check_id=page[-1].id)
        return page, cursor_text(last, account_id=caller.account_id, key=self.cursor_key)

    def _after(self, cursor: str, caller: Caller) -> Position | None:
        if not cursor:
            return None
        return position_in(cursor, account_id=caller.account_id, key=self.cursor_key)


def page_size(request: AnyPageRequest, of: str = "checks") -> int:
    """Return how many are asked for at once, or raise InvalidRequest."""
    size = request.page_size if request.HasField("page_size") else DEFAULT_PAGE
    if not 1 <= size <= MAX_PAGE:
        raise InvalidRequest(f"A page has 1 to {MAX_PAGE} {of}", field="page_size", value=size)
    return size
