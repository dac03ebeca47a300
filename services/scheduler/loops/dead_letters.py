"""Sets messages aside that nobody can read or record, so that they hold up no others."""

from outscope.clock import Clock
from outscope.ids import DEAD_LETTER_PREFIX, new_id
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from services.scheduler.domain.dead_letter import UnusableMessage
from services.scheduler.store.database import Database
from services.scheduler.store.dead_letters import insert_unusable_message

log = logger(__name__)

DEAD_LETTERS = Counter(
    "outscope_dead_letters_total", "Checks and messages set aside, by what they are.", ("kind",)
)
# Told as zero from the start, or nobody would see the first one as a rise.
for _kind in ("check", "message"):
    DEAD_LETTERS.labels(_kind)


class DeadLetters:
    """Sets messages aside."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def set_aside(self, message: UnusableMessage) -> None:
        """Keep a message with the reason; raises Unavailable, and then it is kept nowhere."""
        letter_id = new_id(DEAD_LETTER_PREFIX, int(self._clock().timestamp() * 1000))
        async with self._database.session() as connection:
            await insert_unusable_message(connection, letter_id, message)
        DEAD_LETTERS.labels("message").inc()
        log.error("message set aside", id=letter_id, subject=message.subject, reason=message.reason)
