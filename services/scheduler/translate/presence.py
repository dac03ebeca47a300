"""What probers say of themselves."""

from typing import Final

from google.protobuf.message import DecodeError

from outscope.bus.subjects import vantage_of_presence
from outscope.v1 import messages_pb2
from outscope.vantage import MAX_VANTAGE_TAGS, is_vantage_name, is_vantage_tag
from services.scheduler.domain.vantage import LiveProber, Unfitness
from services.scheduler.translate.report import UndecodableError

_TEXT_CHARS: Final = 300


def prober_in(payload: bytes, place: str) -> LiveProber:
    """Return what a ProberPresence tells, or raise UndecodableError.

    The place is the subject or key it came under: that is what permissions on the bus bind, so a
    prober that speaks for another vantage point than its own is not believed.
    """
    try:
        told = messages_pb2.ProberPresence.FromString(payload)
    except DecodeError as error:
        raise UndecodableError("not a ProberPresence") from error
    if not is_vantage_name(told.vantage_point):
        raise UndecodableError("a ProberPresence of no vantage point")
    if told.vantage_point != vantage_of_presence(place):
        raise UndecodableError(f"a ProberPresence of {told.vantage_point} under {place[:100]}")
    return LiveProber(
        vantage_point=told.vantage_point,
        prober_id=_text(told.prober_id),
        version=_text(told.version),
        has_ipv6=told.has_ipv6,
        places=told.concurrency,
        tags=tuple(tag for tag in told.tags[:MAX_VANTAGE_TAGS] if is_vantage_tag(tag)),
        owner=_text(told.owner),
        unfit=tuple(
            Unfitness(part=_text(each.part), reason=_text(each.reason)) for each in told.unfit
        ),
    )


def _text(told: str) -> str:
    # Postgres stores no NUL.
    return told.replace("\0", "")[:_TEXT_CHARS]
