"""A refusal inside an answer that as a whole succeeds."""

from outscope.errors import Refusal
from outscope.rpc.status import bounded_value, refusal_metadata
from outscope.v1 import problem_pb2


def problem_message(refusal: Refusal) -> problem_pb2.Problem:
    """Return why one item of several was refused, as it would be told if it had come alone."""
    return problem_pb2.Problem(
        code=refusal.code,
        message=refusal.message,
        field=refusal.field or "",
        value="" if refusal.value is None else str(bounded_value(refusal.value)),
        metadata=refusal_metadata(refusal),
    )
