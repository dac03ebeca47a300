"""Carries out delivery jobs: ask what to send, sign, post once, report, and only then acknowledge.

Secrets and payloads never travel on the bus: they are asked of the scheduler for each attempt.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import grpc.aio
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.bus.consume import Message
from outscope.bus.publish import publish_until_taken
from outscope.bus.traced import processing
from outscope.clock import Clock
from outscope.telemetry.logs import bind, bound, logger
from outscope.telemetry.metrics import Counter, Gauge, Histogram
from outscope.v1 import messages_pb2
from services.notifier.deliver import Answer, Deliverer
from services.notifier.due import Due, DueDeliveries
from services.notifier.payload import payload_for
from services.notifier.retry import DeliveryError, retry_after_s
from services.notifier.signature import signed_headers
from services.notifier.spans import note_answer, posting, trace_headers

log = logger(__name__)

DELIVERY_ATTEMPTS: Final = Counter(
    "outscope_delivery_attempts", "Delivery attempts made, by how they ended.", ("error",)
)
# Told as zero from the start, or nobody would see the first one as a rise.
_ATTEMPTS_ENDED: Final = {error: DELIVERY_ATTEMPTS.labels(error.value) for error in DeliveryError}
DELIVERY_DURATION_SECONDS: Final = Histogram(
    "outscope_delivery_duration_seconds",
    "Time from the post to the endpoint's answer.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)

DELIVERIES_IN_WORK: Final = Gauge(
    "outscope_deliveries_in_work",
    "Deliveries the notifier holds now, of OUTSCOPE_DELIVERY_CONCURRENCY and "
    "OUTSCOPE_DELIVERY_LASTING together at most.",
)
DELIVERY_PLACES: Final = Gauge(
    "outscope_delivery_places", "Deliveries the notifier may hold at once."
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S: Final = 86_400
_CONTENT_TYPE: Final = "application/json"

Post = Callable[[], Awaitable[Answer]]


class DeliveryTask:
    """What the notifier does with one message."""

    def __init__(
        self,
        *,
        bus: Bus,
        channel: grpc.aio.Channel,
        service_token: str,
        deliverer: Deliverer,
        clock: Clock,
    ) -> None:
        self._bus = bus
        self._deliveries = DueDeliveries(channel, service_token)
        self._deliverer = deliverer
        self._clock = clock

    async def __call__(self, message: Message) -> None:
        """Carry out the job in a message and settle it."""
        with DELIVERIES_IN_WORK.track_inprogress(), processing(message):
            await self._settle(message)

    async def _settle(self, message: Message) -> None:
        try:
            job = messages_pb2.DeliveryJob.FromString(message.payload)
        except DecodeError as error:
            log.error("unreadable delivery job", exception=error)  # noqa: TRY400 - ours has fields
            await message.terminate()
            return
        with bound(delivery_id=job.delivery_id, attempt=job.attempt):
            post = await self._prepared(job)
            if post is not None:
                await self._report(await self._attempt(job, post))
            await message.ack()

    async def _prepared(self, job: messages_pb2.DeliveryJob) -> Post | None:
        """Return what posts it; None when it is not due.

        What was told of it ends here: one that takes long keeps its body in memory, and no more.
        """
        due = await self._deliveries.find(job.delivery_id, job.attempt)
        if due is None:
            return None
        bind(**due.log_fields())
        try:
            headers, body = self._signed(due)
        except Exception as error:  # noqa: BLE001 - counted, or it would return for ever
            log.error("cannot make the payload", exception=error)  # noqa: TRY400 - ours has fields
            return _post_nothing
        return partial(self._post, due.delivery.url, headers, body, attempt=job.attempt)

    async def _post(
        self, url: str, headers: dict[str, str], body: bytes, *, attempt: int
    ) -> Answer:
        with posting(url, attempt) as post:
            # A traceparent that the endpoint's owner wrote stays.
            answer = await self._deliverer.post(url, {**trace_headers(), **headers}, body)
            note_answer(post, answer)
        return answer

    async def _attempt(
        self, job: messages_pb2.DeliveryJob, post: Post
    ) -> messages_pb2.DeliveryAttempt:
        attempt = messages_pb2.DeliveryAttempt(delivery_id=job.delivery_id, attempt=job.attempt)
        _tell_moment(attempt.attempted_at, self._clock())
        started_s = time.monotonic()
        answer = await post()
        elapsed_s = time.monotonic() - started_s
        attempt.duration_ms = round(elapsed_s * 1000)
        attempt.error = answer.error.value
        attempt.answer = answer.text
        if answer.status_code is not None:
            attempt.status_code = answer.status_code
        if answer.retry_after is not None:
            pause_s = retry_after_s(answer.retry_after, self._clock())
            if pause_s is not None:
                attempt.retry_after_s = pause_s
        _ATTEMPTS_ENDED[answer.error].inc()
        DELIVERY_DURATION_SECONDS.observe(elapsed_s)
        log.info("delivery attempted", status_code=answer.status_code, error=answer.error.value)
        return attempt

    def _signed(self, due: Due) -> tuple[dict[str, str], bytes]:
        delivery = due.delivery
        body = payload_for(delivery, due.check)
        headers = signed_headers(
            # A scheduler older than secrets sends but the one.
            delivery.secrets or [delivery.secret],
            webhook_id=delivery.webhook_id,
            attempted_at=self._clock(),
            body=body,
            signing_key=delivery.signing_key,
        )
        # Ours stand last: what an endpoint's owner wrote never replaces them.
        own = {name.lower(): value for name, value in delivery.headers.items()}
        return {**own, "content-type": _CONTENT_TYPE, **headers}, body

    async def _report(self, attempt: messages_pb2.DeliveryAttempt) -> None:
        """Report until the bus takes it: to give the job back now would post it a second time."""
        message_id = f"{attempt.delivery_id}-{attempt.attempt}"
        payload = attempt.SerializeToString()
        await publish_until_taken(self._bus, subjects.DELIVERY_ATTEMPTS, payload, message_id)


def _tell_moment(told: Timestamp, moment: datetime) -> None:
    """Tell a moment as FromDatetime does, which takes as long as all else in a report."""
    since = moment - _EPOCH
    told.seconds = since.days * _DAY_S + since.seconds
    told.nanos = since.microseconds * 1000


async def _post_nothing() -> Answer:
    return Answer(error=DeliveryError.INTERNAL)
