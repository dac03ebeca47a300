"""Who is there: a bucket of NATS's key-value store that forgets whoever falls silent."""

from collections.abc import Awaitable, Callable
from typing import Final

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import KeyValueConfig, StorageType
from nats.js.errors import BucketNotFoundError, NotFoundError
from nats.js.kv import KeyValue

from outscope.bus.publish import BusUnavailable

# How long a word is worth; five times as long as a live one lets pass between two.
PRESENT_S: Final = 10.0
_BUCKET: Final = "presence"
_ANSWER_WITHIN_S: Final = 5.0


async def put(jetstream: JetStreamContext, key: str, payload: bytes, *, replicas: int) -> None:
    """Store the word of one, in the place of its last one."""
    try:
        try:
            await (await jetstream.key_value(_BUCKET)).put(key, payload)
        except (BucketNotFoundError, NotFoundError):
            await (await _made(jetstream, replicas)).put(key, payload)
    except (NatsError, TimeoutError) as error:
        raise BusUnavailable(f"presence: {error!r}") from error


async def every(jetstream: JetStreamContext, *, replicas: int) -> dict[str, bytes]:
    """Return every word that is not forgotten, by its key."""
    try:
        try:
            bucket = await jetstream.key_value(_BUCKET)
        except (BucketNotFoundError, NotFoundError):
            bucket = await _made(jetstream, replicas)
        return await _words(bucket)
    except (NatsError, TimeoutError) as error:
        raise BusUnavailable(f"presence: {error!r}") from error


async def _words(bucket: KeyValue) -> dict[str, bytes]:
    watcher = await bucket.watchall(ignore_deletes=True)
    # The client leaves these two untyped.
    updates: Callable[..., Awaitable[KeyValue.Entry | None]] = watcher.updates
    stop: Callable[[], Awaitable[None]] = watcher.stop
    words: dict[str, bytes] = {}
    try:
        # None follows the last of those there are.
        while (entry := await updates(timeout=_ANSWER_WITHIN_S)) is not None:
            words[entry.key] = entry.value or b""
    finally:
        await stop()
    return words


async def _made(jetstream: JetStreamContext, replicas: int) -> KeyValue:
    # In memory: after a restart of the server everybody says again that it is there.
    config = KeyValueConfig(
        bucket=_BUCKET, ttl=PRESENT_S, storage=StorageType.MEMORY, replicas=replicas
    )
    return await jetstream.create_key_value(config)
