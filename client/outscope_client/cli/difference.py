"""What differs between two checks, fact by fact.

Law: what differs from one check to the next of the same thing is left out: ids, moments, timings,
and what comes in another order each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from outscope_client.models import Check

_MOVING = frozenset(
    {
        "id", "created_at", "completed_at", "rejudged_at", "observer", "timing", "duration_ms",
        "ttl_s", "resolver", "evidence", "attempts", "sample", "headers", "body_sha256",
        "message", "address", "addresses", "request",
    }
)  # fmt: skip
_RANDOM = "(random)"
_OF_SEVERAL = frozenset({"vantages", "agreement"})
# Lists of objects, by what names each of them.
_NAMED_BY = (
    "vantage_point",
    "port",
    "path",
    "code",
    "vendor",
    "url",
    "fingerprint_sha256",
    "kind",
    "version",
)


@dataclass(frozen=True)
class Change:
    """One fact, before and after; None is what is not there."""

    field: str
    before: object
    after: object


def changes_between(before: Check, after: Check) -> list[Change]:
    """Return what the second check has otherwise than the first."""
    return list(_changes("", *_alike(before, after)))


def _alike(before: Check, after: Check) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both as they are compared: of several places each, where both have several."""
    then, now = dict(_steady(before)), dict(_steady(after))
    if not (then.get("vantages") and now.get("vantages")):
        for check in (then, now):
            for name in _OF_SEVERAL:
                check.pop(name, None)
    return then, now


def _steady(seen: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what was seen, with the random path that each check draws anew replaced."""
    control = seen.get("control")
    path = (control or {}).get("path", "").strip("/")
    steady = _replaced(control, path) if path else control
    views = [_steady(view) for view in seen.get("vantages") or []]
    return {**seen, "control": steady, **({"vantages": views} if views else {})}


def _replaced(value: object, path: str) -> object:
    if isinstance(value, str):
        return value.replace(path, _RANDOM)
    if isinstance(value, Mapping):
        return {name: _replaced(member, path) for name, member in value.items()}
    return [_replaced(one, path) for one in value] if isinstance(value, list) else value


def _changes(field: str, before: object, after: object) -> Iterator[Change]:
    before, after = _by_name(before), _by_name(after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(one for one in after if one not in before)]:
            if name not in _MOVING:
                inner = f"{field}.{name}" if field else str(name)
                yield from _changes(inner, before.get(name), after.get(name))
    elif before != after:
        yield Change(field, before, after)


def _by_name(value: object) -> object:
    """Return a list of objects by their names, and any other in an order of its own."""
    if not isinstance(value, list):
        return value
    if value and all(isinstance(one, dict) for one in value):
        name = next((key for key in _NAMED_BY if all(key in one for one in value)), None)
        named = {f"[{one[name]}]": one for one in value} if name else {}
        if len(named) == len(value):
            return named
    return sorted(value, key=lambda one: json.dumps(one, sort_keys=True, default=str))


def shown(value: object) -> str:
    """Return a fact in one short line."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
