"""When a call is made again, and after how long.

Law: a call is repeated only where that can do no harm: it never arrived, or the server says that
nothing was done, or arriving twice is the same as once. Never sooner than Retry-After says, and not
at all when that is longer than a caller is ready to wait.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from outscope_client.messages import Loss, Outcome, Reply
from outscope_client.settings import Settings

# Nothing was done: a limit, or overload.
_TURNED_AWAY = 429
_UNAVAILABLE = 503
_OVERLOADED = "overloaded"
# What a proxy says while a server restarts, and what servers say that could not answer in time.
_PASSING = frozenset({408, 502, 503, 504})
_FIRST_PAUSE_S = 0.5
_LONGEST_DRAWN_PAUSE_S = 16.0
# Whom the server sent away at once do not all come back at once.
_SPREAD_S = 0.5


def pause_s_after(
    outcome: Outcome, attempt: int, settings: Settings, *, is_repeatable: bool
) -> float | None:
    """Return how long to wait before the next attempt, in seconds; None when there is to be none.

    attempt counts from 1: the one that outcome came of.
    """
    if attempt > settings.max_retries:
        return None
    if isinstance(outcome, Loss):
        has_sense = is_repeatable or not outcome.may_have_arrived
        return _drawn_s(attempt, settings) if has_sense else None
    if outcome is None or not _is_worth_repeating(outcome, is_repeatable=is_repeatable):
        return None
    asked_s = retry_after_s(outcome.headers, settings.wall_clock())
    if asked_s is None:
        return _drawn_s(attempt, settings)
    if asked_s > settings.max_pause_s:
        return None
    return asked_s + settings.chance() * _SPREAD_S


def _drawn_s(attempt: int, settings: Settings) -> float:
    return settings.chance() * min(_LONGEST_DRAWN_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** (attempt - 1))


def _is_worth_repeating(reply: Reply, *, is_repeatable: bool) -> bool:
    if reply.status == _TURNED_AWAY:
        return True
    if reply.status not in _PASSING:
        return False
    return is_repeatable or (reply.status == _UNAVAILABLE and _code_in(reply) == _OVERLOADED)


def _code_in(reply: Reply) -> str:
    try:
        return str(json.loads(reply.content)["error"]["code"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Return what Retry-After asks for, in seconds from now; None when it asks for nothing.

    Source: RFC 9110, section 10.2.3: seconds, or a date.
    """
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - now)
    except (TypeError, ValueError, IndexError, OverflowError, OSError):
        return None
