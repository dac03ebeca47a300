"""The form of an idempotency key, the name a caller gives a request so that it is done once.

Source: draft-ietf-httpapi-idempotency-key-header, without its quotes: a key is taken as it is sent.
"""

import re
from collections.abc import Sequence
from typing import Final

from outscope.errors import InvalidRequest
from outscope.limits import MAX_IDEMPOTENCY_KEY_CHARS

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(rf"[\x20-\x7e]{{1,{MAX_IDEMPOTENCY_KEY_CHARS}}}")


def idempotency_key_in(sent: Sequence[str]) -> str | None:
    """Return the key among the values of its header; None without any, or raise InvalidRequest."""
    if not sent:
        return None
    if len(sent) > 1:
        raise InvalidRequest(
            f"{IDEMPOTENCY_HEADER} is sent once; there are {len(sent)} of it",
            field=IDEMPOTENCY_HEADER,
            value=list(sent[:2]),
        )
    if _KEY.fullmatch(sent[0]) is None:
        raise InvalidRequest(
            f"{IDEMPOTENCY_HEADER} has 1 to {MAX_IDEMPOTENCY_KEY_CHARS} printable ASCII characters",
            field=IDEMPOTENCY_HEADER,
            value=sent[0],
        )
    return sent[0]
