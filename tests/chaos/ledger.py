"""Compares what was accepted with what came of it: every promise that does not hold is a line."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.hooks import Hook

Json = Mapping[str, Any]

_SHOWN: Final = 5
_WITHOUT_VERDICT: Final = frozenset({"failed", "cancelled"})
_OK: Final = 200
EVENT_OF: Final = {
    "completed": "check.completed",
    "failed": "check.failed",
    "cancelled": "check.cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the system says.

    statuses: of every check it has at the end, newest first. names: the name that each looked at.
    cancelled: what it answered to those who cancelled a check that this one is.
    """

    statuses: Sequence[tuple[str, str]]
    names: Mapping[str, str] = field(default_factory=dict)
    cancelled: Mapping[str, str] = field(default_factory=dict)


def broken_promises(
    accepted: Collection[str], outcome: Outcome, hooks: Sequence[Hook]
) -> list[str]:
    """Return a line for each promise that was broken, none when all held."""
    statuses = dict(outcome.statuses)
    told = Counter(check_id for check_id, _ in outcome.statuses)
    found = [
        *_line("accepted and lost", [each for each in accepted if each not in statuses]),
        *_line("listed twice", [each for each, times in told.items() if times > 1]),
        *_line("never asked for", [each for each in statuses if each not in set(accepted)]),
        *_line("cancelled by nobody", _cancelled_by_nobody(outcome)),
        *_line("told of another end when cancelled", _told_otherwise(outcome, statuses)),
        *_line("never ended", [each for each in accepted if statuses.get(each) == "pending"]),
    ]
    for number, hook in enumerate(hooks):
        wanted = [each for each in accepted if outcome.names.get(each, "").endswith(hook.only)]
        found += _of_hook(number, wanted, statuses, hook)
    return found


def _cancelled_by_nobody(outcome: Outcome) -> list[str]:
    return [
        check_id
        for check_id, status in outcome.statuses
        if status == "cancelled" and check_id not in outcome.cancelled
    ]


def _told_otherwise(outcome: Outcome, statuses: Mapping[str, str]) -> list[str]:
    return [
        f"{check_id} {status} but {statuses.get(check_id)}"
        for check_id, status in outcome.cancelled.items()
        if statuses.get(check_id) != status
    ]


def _of_hook(
    number: int, accepted: Collection[str], statuses: Mapping[str, str], hook: Hook
) -> list[str]:
    untold, twice, other, wrong = [], [], [], []
    for check_id in accepted:
        events = hook.told.get(check_id, {})
        refused = hook.refused.get(check_id, {})
        expected = EVENT_OF.get(statuses.get(check_id, ""))
        if expected is not None and expected not in events:
            untold.append(check_id)
        if any(len(ids | refused.get(event, set())) > 1 for event, ids in events.items()):
            twice.append(check_id)
        if set(events) - {expected}:
            other.append(f"{check_id} {sorted(events)} but {statuses.get(check_id)}")
        if check_id in hook.last and (why := misjudged(hook.last[check_id])):
            wrong.append(f"{check_id} {why}")
    strange = sorted((hook.told.keys() | hook.refused.keys()) - set(accepted))
    of = f"webhook {number}: "
    return [
        *_line(of + "not told", untold),
        *_line(of + "told under two ids", twice),
        *_line(of + "told of another end", other),
        *_line(of + "told of what it does not want", strange),
        *_line(of + "a healthy target misjudged", wrong),
        *([f"{of}{hook.forged} requests with a bad signature"] if hook.forged else []),
    ]


def misjudged(check: Json) -> str:
    """Return what is wrong with the verdict on a healthy target; nothing when it is right.

    A check that failed says nothing about the target, as long as it does not blame it.
    """
    if check["status"] in _WITHOUT_VERDICT:
        return _blame_in(check)
    analysis = check["analysis"]
    if not analysis["reachable"]:
        return "not reachable"
    for port in check["ports"]:
        if not port["tcp_open"]:
            return f"port {port['port']} not open"
        if port["tls"] is not None and not port["tls"]["valid"]:
            return f"certificate of port {port['port']} not valid"
    for path in check["paths"]:
        if path["status_code"] != _OK:
            return f"{path['path']} answered {path['status_code']} ({path.get('outcome')})"
    state = str(analysis["analyzability"])
    return "" if state == "analyzable" else state


def _blame_in(check: Json) -> str:
    """Return what a check that has no verdict says of its target all the same."""
    if check["status"] == "cancelled":
        return "cancelled, and with a verdict" if check.get("analysis") else ""
    failure = check["failure"]
    return f"{failure['reason']} blamed on the target" if failure["owner"] == "target" else ""


def failures(accepted: Collection[str], hooks: Sequence[Hook]) -> Counter[str]:
    """Count the checks that failed, by reason and owner."""
    counted: Counter[str] = Counter()
    for check_id in accepted:
        check = hooks[0].last.get(check_id)
        if check is not None and check["status"] == "failed":
            counted[f"{check['failure']['reason']} ({check['failure']['owner']})"] += 1
    return counted


def _line(what: str, ids: Sequence[str]) -> list[str]:
    if not ids:
        return []
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return [f"{what}: {len(ids)}: {', '.join(ids[:_SHOWN])}{more}"]
