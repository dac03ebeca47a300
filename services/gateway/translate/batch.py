"""The items of a batch, each valid or refused on its own, and what came of them.

Law: created and errors stand in the order sent, and every item is in exactly one of them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from outscope.errors import InvalidRequest
from outscope.v1 import check_pb2, check_service_pb2
from services.gateway.schemas.batch import BatchResult, CreatedItem, RefusedItem
from services.gateway.schemas.check import CheckRequest
from services.gateway.schemas.error import Problem
from services.gateway.schemas.request import validated
from services.gateway.translate.check import spec_message
from services.gateway.translate.problem import problem_from, problem_of

_FIELD: Final = "checks"

Reading = check_pb2.CheckSpec | InvalidRequest


def reading_of(item: object) -> Reading:
    """Return an item as a spec, or as the reason why its shape is refused."""
    try:
        return spec_message(validated(CheckRequest, item))
    except InvalidRequest as refusal:
        return refusal


def batch_message(readings: Iterable[Reading]) -> check_service_pb2.BatchCreateChecksRequest:
    """Return the items whose shape is right as the scheduler's message."""
    specs = [reading for reading in readings if isinstance(reading, check_pb2.CheckSpec)]
    return check_service_pb2.BatchCreateChecksRequest(specs=specs)


def batch_result(
    items: Sequence[object],
    readings: Sequence[Reading],
    outcomes: Sequence[check_service_pb2.BatchItem],
) -> BatchResult:
    """Return what came of each item; outcomes are those of the specs sent, in their order."""
    created: list[CreatedItem] = []
    errors: list[RefusedItem] = []
    remaining = iter(outcomes)
    for index, (item, reading) in enumerate(zip(items, readings, strict=True)):
        outcome = reading if isinstance(reading, InvalidRequest) else _outcome(next(remaining))
        if isinstance(outcome, check_pb2.Check):
            created.append({"id": outcome.id, "fqdn": outcome.spec.fqdn})
        else:
            problem = problem_of(outcome) if isinstance(outcome, InvalidRequest) else outcome
            errors.append({"index": index, "fqdn": _fqdn_of(item), "error": problem})
    return {
        "created": created,
        "stats": {"total": len(items), "created": len(created), "failed": len(errors)},
        "errors": errors,
    }


def nothing_created(result: BatchResult) -> InvalidRequest:
    """Return the refusal of a batch of which no item could be created."""
    total = result["stats"]["total"]
    return InvalidRequest(
        f"None of the {total} checks could be created; errors tells why for each"
        if total > 1
        else "The check could not be created; errors tells why",
        field=_FIELD,
        value=total,
    )


def _outcome(item: check_service_pb2.BatchItem) -> check_pb2.Check | Problem:
    return item.check if item.HasField("check") else problem_from(item.problem)


def _fqdn_of(item: object) -> str | None:
    fqdn = item.get("fqdn") if isinstance(item, dict) else None
    return fqdn[:256] if isinstance(fqdn, str) else None
