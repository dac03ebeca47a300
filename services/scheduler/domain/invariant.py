"""What must hold of the rows and of what the streams hold: each invariant with its remedy.

Law: of the rows each holds at any moment at which one looks, for whatever it spans is written in
one transaction. What compares rows with the clock or with the bus is in motion for a while, and
broken only if it is found broken twice, some time apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# How many ids of a broken invariant are told.
MAX_TOLD: Final = 10


class InvariantName(StrEnum):
    """The stable name of an invariant."""

    CHECK_HAS_WORK = "check_has_work"
    ENDED_CHECK_HAS_NO_WORK = "ended_check_has_no_work"
    STATUS_FOLLOWS_PROBES = "status_follows_probes"
    WORK_IS_LOOKED_AT = "work_is_looked_at"
    PROBE_HAS_CHECK = "probe_has_check"
    CHECK_HAS_ITS_PROBES = "check_has_its_probes"
    COMPLETED_PROBE_HAS_RESULT = "completed_probe_has_result"
    EVENT_HAS_ENDED_CHECK = "event_has_ended_check"
    EVENT_REACHES_EVERY_WEBHOOK = "event_reaches_every_webhook"
    EVENT_IS_SENT_ONCE = "event_is_sent_once"
    DELIVERY_IS_LOOKED_AT = "delivery_is_looked_at"
    DELIVERIES_ARE_NUMBERED = "deliveries_are_numbered"
    ATTEMPTS_ARE_COUNTED = "attempts_are_counted"
    ATTEMPT_HAS_DELIVERY = "attempt_has_delivery"
    KEPT_HAS_CHECK = "kept_has_check"
    KEY_HAS_ANSWER = "key_has_answer"
    SET_ASIDE_HAS_FAILED_CHECK = "set_aside_has_failed_check"
    JOB_IS_WANTED = "job_is_wanted"
    REPORT_HAS_PROBE = "report_has_probe"
    DELIVERY_JOB_IS_WANTED = "delivery_job_is_wanted"
    ATTEMPT_REPORT_HAS_DELIVERY = "attempt_report_has_delivery"
    LOST_JOB_IS_HELD = "lost_job_is_held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """What must hold, and what to do where it does not."""

    words: str
    remedy: str


_LEFT: Final = "Something deleted rows by hand: delete these too, or restore what they belong to."
_RESTORED: Final = (
    "Rows were changed by hand or lost: restore them from a backup, or delete the check."
)
_TAKEN: Final = "Whoever takes it next drops it, and the stream does after its time."

INVARIANTS: Final[Mapping[InvariantName, Invariant]] = {
    InvariantName.CHECK_HAS_WORK: Invariant(
        words="A pending check has an open probe.",
        remedy="Nothing will end it: cancel it by DELETE /v1/check/{id} and create it anew.",
    ),
    InvariantName.ENDED_CHECK_HAS_NO_WORK: Invariant(
        words="A check that has ended has no open probe.",
        remedy="Set the probe to failed; until then it is handed out for nothing.",
    ),
    InvariantName.STATUS_FOLLOWS_PROBES: Invariant(
        words="A check that has ended has probes, the status they give it, a time, and a reason "
        "where it failed.",
        remedy=_RESTORED,
    ),
    InvariantName.WORK_IS_LOOKED_AT: Invariant(
        words="An open probe is looked at when it is due, and at its deadline.",
        remedy="No scheduler sweeps, or none keeps up: look whether one is ready, and at its log.",
    ),
    InvariantName.PROBE_HAS_CHECK: Invariant(
        words="A probe belongs to a check that exists.", remedy=_LEFT
    ),
    InvariantName.CHECK_HAS_ITS_PROBES: Invariant(
        words="A check has one probe for each vantage point it is made from, and no other.",
        remedy=_RESTORED,
    ),
    InvariantName.COMPLETED_PROBE_HAS_RESULT: Invariant(
        words="A completed probe has a result.",
        remedy=_RESTORED,
    ),
    InvariantName.EVENT_HAS_ENDED_CHECK: Invariant(
        words="An event tells of a check that exists and has ended as the event says.",
        remedy="A receiver may have been told what is not so: restore the check, or delete the "
        "delivery.",
    ),
    InvariantName.EVENT_REACHES_EVERY_WEBHOOK: Invariant(
        words="Each webhook that wanted to know when a check ended has a delivery of it, or "
        "had one until its retention was over.",
        remedy="Tell the receiver to read these checks by GET /v1/check/{id}.",
    ),
    InvariantName.EVENT_IS_SENT_ONCE: Invariant(
        words="A webhook has at most one delivery of the end of a check.",
        remedy="Delete the younger delivery; its receiver may have been told twice.",
    ),
    InvariantName.DELIVERY_IS_LOOKED_AT: Invariant(
        words="What was handed out of deliveries is looked at when it is due, and what waits is "
        "handed out while its endpoint has nothing under way.",
        remedy="No scheduler sweeps, or none keeps up: look whether one is ready, and at its log.",
    ),
    InvariantName.DELIVERIES_ARE_NUMBERED: Invariant(
        words="Each delivery of a webhook has a number of its own, up to the last one given.",
        remedy="Rows were changed by hand: tell the receiver not to order by sequence until then.",
    ),
    InvariantName.ATTEMPTS_ARE_COUNTED: Invariant(
        words="A delivery has as many attempts recorded as its number says.",
        remedy="Rows were changed by hand or lost; the delivery itself goes on by its own number.",
    ),
    InvariantName.ATTEMPT_HAS_DELIVERY: Invariant(
        words="An attempt belongs to a delivery that exists.", remedy=_LEFT
    ),
    InvariantName.KEPT_HAS_CHECK: Invariant(
        words="Samples, kept facts and reviews belong to a check that exists.", remedy=_LEFT
    ),
    InvariantName.KEY_HAS_ANSWER: Invariant(
        words="An idempotency key that is stored has an answer.",
        remedy="Delete the key: whoever sends it would be answered nothing.",
    ),
    InvariantName.SET_ASIDE_HAS_FAILED_CHECK: Invariant(
        words="A check that was set aside exists and has failed.",
        remedy="Drop it by deadletters drop: there is nothing to replay.",
    ),
    InvariantName.JOB_IS_WANTED: Invariant(
        words="A job in JOBS is of an open probe, at its current attempt.", remedy=_TAKEN
    ),
    InvariantName.REPORT_HAS_PROBE: Invariant(
        words="A report in REPORTS is of a probe that exists.",
        remedy="No scheduler records, or the row is lost: look whether one is ready.",
    ),
    InvariantName.DELIVERY_JOB_IS_WANTED: Invariant(
        words="A job in DELIVERIES is of an open delivery, at its current attempt, or of a webhook "
        "that was disabled.",
        remedy=_TAKEN,
    ),
    InvariantName.ATTEMPT_REPORT_HAS_DELIVERY: Invariant(
        words="A report in DELIVERY_ATTEMPTS is of a delivery that exists.",
        remedy="No scheduler records, or the row is lost: look whether one is ready.",
    ),
    InvariantName.LOST_JOB_IS_HELD: Invariant(
        words="What LOST_JOBS tells is of a job that JOBS holds until the attempt is counted.",
        remedy="No scheduler records: look whether one is ready; the stream drops it in an hour.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """An invariant that does not hold, and where."""

    name: InvariantName
    # Not all of them where there are many.
    ids: tuple[str, ...]
    count: int


def lasting(first: Break, second: Break) -> Break | None:
    """Return what was found broken both times, or None when the first has passed."""
    ids = tuple(each for each in second.ids if each in set(first.ids))
    if not ids:
        return None
    is_whole = len(second.ids) == second.count
    return Break(name=second.name, ids=ids, count=len(ids) if is_whole else second.count)


def break_line(broken: Break) -> str:
    """Return a broken invariant as one line for people."""
    invariant = INVARIANTS[broken.name]
    told = ", ".join(broken.ids[:MAX_TOLD])
    more = f" and {broken.count - MAX_TOLD} more" if broken.count > MAX_TOLD else ""
    return (
        f"{broken.name}: {broken.count} broken: {told}{more}. {invariant.words} {invariant.remedy}"
    )


def break_object(broken: Break) -> dict[str, object]:
    """Return a broken invariant as an object for programs."""
    invariant = INVARIANTS[broken.name]
    return {
        "invariant": str(broken.name),
        "words": invariant.words,
        "remedy": invariant.remedy,
        "count": broken.count,
        "ids": list(broken.ids[:MAX_TOLD]),
    }
