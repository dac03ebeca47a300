"""The query of a list as the scheduler's message, and a page of checks as its answer."""

from collections.abc import Mapping
from typing import Final

from outscope.v1 import check_pb2, check_service_pb2
from services.gateway.schemas.check_list import CheckList, CheckListQuery
from services.gateway.translate.check import created_check

_STATUSES: Final[Mapping[str, check_pb2.CheckStatus.ValueType]] = {
    "pending": check_pb2.CHECK_STATUS_PENDING,
    "completed": check_pb2.CHECK_STATUS_COMPLETED,
    "failed": check_pb2.CHECK_STATUS_FAILED,
    "cancelled": check_pb2.CHECK_STATUS_CANCELLED,
}


def list_message(query: CheckListQuery) -> check_service_pb2.ListChecksRequest:
    """Return the query as the scheduler's message."""
    return check_service_pb2.ListChecksRequest(
        page_size=query.limit,
        cursor=query.cursor,
        fqdn=query.fqdn,
        status=_STATUSES[query.status] if query.status else check_pb2.CHECK_STATUS_UNSPECIFIED,
    )


def check_list(page: check_service_pb2.ListChecksResponse) -> CheckList:
    """Return a page of checks."""
    return {
        "data": [created_check(check) for check in page.checks],
        "pagination": {
            "next_cursor": page.next_cursor or None,
            "has_more": bool(page.next_cursor),
        },
    }
