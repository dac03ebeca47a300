"""The operations of the API, one module per resource; this is their whole list."""

from typing import Final

from services.gateway.operation import Operation
from services.gateway.routes import (
    badges,
    check_report,
    checks,
    documentation,
    events,
    judgements,
    latest_check,
    reviews,
    service,
    single_check,
    usage,
    vantage_points,
    webhook_deliveries,
    webhook_secrets,
    webhooks,
)

# Looked through in this order: the busiest first, and /v1/check/latest before /v1/check/{id}.
OPERATIONS: Final[tuple[Operation, ...]] = (
    *latest_check.OPERATIONS,
    *single_check.OPERATIONS,
    *events.OPERATIONS,
    *check_report.OPERATIONS,
    *checks.OPERATIONS,
    *judgements.OPERATIONS,
    *reviews.OPERATIONS,
    *webhooks.OPERATIONS,
    *webhook_secrets.OPERATIONS,
    *webhook_deliveries.OPERATIONS,
    *badges.OPERATIONS,
    *usage.OPERATIONS,
    *vantage_points.OPERATIONS,
    *service.OPERATIONS,
    *documentation.OPERATIONS,
)
