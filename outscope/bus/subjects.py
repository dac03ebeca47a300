"""Every stream, subject and durable consumer on the bus.

All streams are work queues: a message lives until it is acknowledged. What must survive a loss of
the bus is a row in Postgres and is published again.
"""

from dataclasses import dataclass
from typing import Final

REPORTS: Final = "reports"
DELIVERIES: Final = "deliveries"
DELIVERY_ATTEMPTS: Final = "delivery_attempts"

# What the server itself says of a job that was handed out and of which it has heard nothing for the
# time it may take: the attempt is lost.
LOST_JOBS: Final = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.JOBS.*"

# Asked and answered, not stored: may so much be sent to a target now?
BUDGET: Final = "budget"
SCHEDULERS: Final = "schedulers"
# Likewise: which of these checks were cancelled?
CANCELLED: Final = "cancelled"
# Likewise, the other way round: what do the rules say of facts that are kept?
JUDGE: Final = "judge"
PROBERS: Final = "probers"

# Told, not stored: which checks somebody wants to hear of while they are carried out.
WATCHED: Final = "watched"

CHECK_ENDED_ALL: Final = "events.check.*"
CANCEL_ALL: Final = "cancel.*"
PRESENCE_ALL: Final = "presence.*"
PROGRESS_ALL: Final = "progress.*"


# Where answers go to whom no permission keeps from another's.
INBOX: Final = "_INBOX"
# Answers to notifiers; of each vantage point its probers have one of their own. What is handed out
# comes as an answer, too, so that who may listen everywhere below INBOX reads the work of all.
NOTIFIER_INBOX: Final = "_INBOX.notifier"


def prober_inbox(vantage: str) -> str:
    """Return the subject below which the probers of one vantage point get their answers."""
    return f"_INBOX.prober.{vantage}"


def jobs(vantage: str) -> str:
    """Return the subject of the probe jobs of one vantage point."""
    return f"jobs.{vantage}"


def check_ended(check_id: str) -> str:
    """Return the subject that tells, once and unstored, that a check has ended."""
    return f"events.check.{check_id}"


def cancel(check_id: str) -> str:
    """Return the subject that tells, once and unstored, that a check was cancelled."""
    return f"cancel.{check_id}"


def progress(check_id: str) -> str:
    """Return the subject that tells, unstored, how far a check is that somebody watches."""
    return f"progress.{check_id}"


def presence(vantage: str) -> str:
    """Return the subject on which the probers of a vantage point say they are alive."""
    return f"presence.{vantage}"


def vantage_of_presence(place: str) -> str:
    """Return the vantage point of a subject of presence, or of a key of its bucket."""
    first, _, rest = place.partition(".")
    return rest if first == "presence" else first


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A JetStream work queue and the subjects it stores."""

    name: str
    subjects: tuple[str, ...]
    max_age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Durable:
    """A durable pull consumer, shared by all replicas that name it."""

    name: str
    stream: str
    subject: str
    # How long a message may stay unacknowledged before another replica gets it.
    ack_wait_s: float
    # How often a message is handed out before it is left aside; -1 = for ever.
    max_deliver: int


JOBS_STREAM: Final = Stream(name="JOBS", subjects=("jobs.*",), max_age_s=3600)
REPORTS_STREAM: Final = Stream(name="REPORTS", subjects=(REPORTS,), max_age_s=86_400)
DELIVERIES_STREAM: Final = Stream(name="DELIVERIES", subjects=(DELIVERIES,), max_age_s=3600)
DELIVERY_ATTEMPTS_STREAM: Final = Stream(
    name="DELIVERY_ATTEMPTS", subjects=(DELIVERY_ATTEMPTS,), max_age_s=86_400
)
# Stored, so that no scheduler has to be there when the server says it.
LOST_JOBS_STREAM: Final = Stream(name="LOST_JOBS", subjects=(LOST_JOBS,), max_age_s=3600)
STREAMS: Final = (
    JOBS_STREAM,
    REPORTS_STREAM,
    DELIVERIES_STREAM,
    DELIVERY_ATTEMPTS_STREAM,
    LOST_JOBS_STREAM,
)

REPORTS_CONSUMER: Final = Durable(
    name="scheduler-reports",
    stream=REPORTS_STREAM.name,
    subject=REPORTS,
    ack_wait_s=10,
    max_deliver=-1,
)
DELIVERIES_CONSUMER: Final = Durable(
    name="notifier", stream=DELIVERIES_STREAM.name, subject=DELIVERIES, ack_wait_s=10, max_deliver=5
)
DELIVERY_ATTEMPTS_CONSUMER: Final = Durable(
    name="scheduler-delivery-attempts",
    stream=DELIVERY_ATTEMPTS_STREAM.name,
    subject=DELIVERY_ATTEMPTS,
    ack_wait_s=10,
    max_deliver=-1,
)
LOST_JOBS_CONSUMER: Final = Durable(
    name="scheduler-lost-jobs",
    stream=LOST_JOBS_STREAM.name,
    subject=LOST_JOBS,
    ack_wait_s=10,
    max_deliver=-1,
)

# How long a job may stay without a word of its prober. Four times as long as a live one lets pass
# between two words, so that a slow one keeps its job.
JOB_ACK_WAIT_S: Final = 8.0


def jobs_consumer(vantage: str) -> Durable:
    """Return the durable consumer that all probers of one vantage point share.

    A job is handed out once: whoever takes over a lost one does so under an attempt of its own, so
    that the two can be told apart.
    """
    return Durable(
        name=f"prober-{vantage}",
        stream=JOBS_STREAM.name,
        subject=jobs(vantage),
        ack_wait_s=JOB_ACK_WAIT_S,
        max_deliver=1,
    )
