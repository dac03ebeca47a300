"""What the bus itself says of jobs that were handed out and never answered."""

import json
from dataclasses import dataclass

from services.scheduler.translate.report import UndecodableError


@dataclass(frozen=True, slots=True, kw_only=True)
class LostJob:
    """A job whose prober was silent for too long: where it is stored, and whose it was."""

    consumer: str
    sequence: int


def lost_job_in(payload: bytes) -> LostJob:
    """Return what an io.nats.jetstream.advisory.v1.max_deliver tells, or raise UndecodableError."""
    try:
        told = json.loads(payload)
        return LostJob(consumer=str(told["consumer"]), sequence=int(told["stream_seq"]))
    except (ValueError, TypeError, KeyError) as error:
        raise UndecodableError("not an advisory of a lost job") from error
