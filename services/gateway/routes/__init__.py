"""The operations of the API, one module per resource; this is their whole list."""

from typing import Final

from services.gateway.operation import Operation
from services.gateway.routes import (
    checks,
    documentation,
    judgements,
    reviews,
    service,
    single_check,
    usage,
    webhooks,
)

# Looked through in this order: the busiest first.
OPERATIONS: Final[tuple[Operation, ...]] = (
    *single_check.OPERATIONS,
    *checks.OPERATIONS,
    *judgements.OPERATIONS,
    *reviews.OPERATIONS,
    *webhooks.OPERATIONS,
    *usage.OPERATIONS,
    *service.OPERATIONS,
    *documentation.OPERATIONS,
)
