"""The query of a list as the scheduler's message, and a page of checks as its answer."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from outscope.errors import InvalidRequest
from outscope.v1 import check_pb2, check_service_pb2
from services.gateway.schemas.check_list import CheckList, CheckListQuery
from services.gateway.translate.check import created_check

_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_STATUSES: Final[Mapping[str, check_pb2.CheckStatus.ValueType]] = {
    "pending": check_pb2.CHECK_STATUS_PENDING,
    "completed": check_pb2.CHECK_STATUS_COMPLETED,
    "failed": check_pb2.CHECK_STATUS_FAILED,
    "cancelled": check_pb2.CHECK_STATUS_CANCELLED,
}


def query_fields(pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Return query parameters as fields, numbers as integers; one given twice is refused."""
    name, times = Counter(name for name, _ in pairs).most_common(1)[0] if pairs else ("", 0)
    if times > 1:
        raise InvalidRequest(f"{name[:128]} is given {times} times", field=name[:128])
    fields: dict[str, object] = dict(pairs)
    limit = fields.get("limit")
    if isinstance(limit, str) and _WHOLE_NUMBER.fullmatch(limit):
        fields["limit"] = int(limit)
    return fields


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
