"""Says that the addresses of a name do not answer alike: half of its visitors see another site.

Law: what is ours makes no difference: an address that we had no time for, or that told us to ask
less at once, as nobody does who visits but one.
"""

from typing import Final

from services.prober.facts import HostFacts, Owner, PathFacts
from services.prober.judge.codes import Note, reason_for
from services.prober.judge.verdict import MAX_EVIDENCE, Evidence, Reason, seen

_RULE: Final = "network.addresses"
_TOO_MANY: Final = 429


def addresses_reason(facts: HostFacts) -> Reason | None:
    """Return which answers differ in kind, where every address was asked, or None."""
    evidence: list[Evidence] = []
    message = ""
    for index, path in enumerate(facts.paths):
        where = f"paths[{index}]"
        for number, other in enumerate(path.other_addresses):
            if not _differs(path, other):
                continue
            if not message:
                evidence.append(_seen(where, path))
                message = (
                    f"{path.path} is not the same on every address: {path.address} {_said(path)}, "
                    f"{other.address} {_said(other)}; visitors get either, so repair the odd one."
                )
            evidence.append(_seen(f"{where}.other_addresses[{number}]", other))
    if not evidence:
        return None
    return reason_for(Note.ADDRESSES_DIFFER, message, tuple(evidence[:MAX_EVIDENCE]))


def _differs(path: PathFacts, other: PathFacts) -> bool:
    if _is_of_ours(path) or _is_of_ours(other):
        return False
    return _kind_of(path) != _kind_of(other)


def _is_of_ours(answer: PathFacts) -> bool:
    """Tell whether an answer, or that there is none, shows only how we asked."""
    if answer.status is None:
        return answer.outcome.owner is Owner.OURS
    return answer.status == _TOO_MANY


def _kind_of(answer: PathFacts) -> int:
    """Return the class of the status; 0 where there is none."""
    return 0 if answer.status is None else answer.status // 100


def _said(answer: PathFacts) -> str:
    if answer.status is None:
        return f"gave no answer ({answer.outcome.code})"
    return f"answered {answer.status}"


def _seen(where: str, answer: PathFacts) -> Evidence:
    if answer.status is None:
        return seen(_RULE, f"{where}.outcome", answer.outcome.code)
    return seen(_RULE, f"{where}.status_code", answer.status)
