"""The events in the life of a check, and their order as numbers.

Law: an event has the same id whoever tells it, for it is made of what is stored or travels with the
event; ids rise through the life of a check. An attempt has ten thousand: it is queued, then come
its stages, a thousand for each time its job was handed out, and an end is the last.
"""

from typing import Final

_PER_ATTEMPT: Final = 10_000
_PER_DELIVERY: Final = 1_000
_LAST_DELIVERY: Final = 9
_LAST_PLACE: Final = _PER_DELIVERY - 2
_END: Final = _PER_ATTEMPT - 1


def queued_id(attempt: int) -> int:
    """Return the id of an attempt's beginning; attempts count from 1."""
    return attempt * _PER_ATTEMPT


def stage_id(attempt: int, delivery: int, place: int) -> int:
    """Return the id of a stage; the delivery of the job and the place in it count from 1."""
    return (
        attempt * _PER_ATTEMPT
        + min(delivery, _LAST_DELIVERY) * _PER_DELIVERY
        + min(place, _LAST_PLACE)
    )


def ended_id(attempt: int) -> int:
    """Return the id of the end of a check whose last attempt this was."""
    return attempt * _PER_ATTEMPT + _END
