"""Says why redirects were followed no further: recorded where it did not decide the verdict."""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from services.prober.facts import HostFacts, OutcomeCode, PathFacts
from services.prober.judge.chain import where_of
from services.prober.judge.codes import Code, Note, reason_for
from services.prober.judge.redirects import REDIRECTS
from services.prober.judge.verdict import MAX_EVIDENCE, Evidence, Reason, seen

_CODES: Final[Mapping[OutcomeCode, Code | Note]] = MappingProxyType(
    {
        OutcomeCode.POLICY_REFUSED: Code.REDIRECT_REFUSED,
        OutcomeCode.HTTP_REDIRECT_LOOP: Code.REDIRECT_LOOP,
        OutcomeCode.HTTP_NOT_ASKED: Note.REDIRECT_NOT_ASKED,
    }
)
_MESSAGES: Final = MappingProxyType(
    {
        Note.REDIRECT_LIMIT: (
            "{paths} redirects further than the {limit} hops that this check follows; raise "
            "max_redirects, or check the address at the end."
        ),
        Code.REDIRECT_REFUSED: (
            "{paths} redirects to where the network policy of this installation lets no check "
            "look{why}, so it was not followed there."
        ),
        Note.REDIRECT_NOT_ASKED: (
            "{paths} redirects further than this check had time, budget or places for, so it was "
            "not followed there; check again later."
        ),
        Code.REDIRECT_LOOP: "{paths} redirects in a circle for a client without cookies.",
    }
)
_MAX_PATHS_TOLD: Final = 3


def chain_reasons(facts: HostFacts, told: Collection[str]) -> Iterator[Reason]:
    """Return one reason for each way redirects ended early, but for what is told already."""
    ends: dict[Code | Note, list[tuple[str, Evidence]]] = {}
    for index, path in enumerate(facts.paths):
        if path.redirects:
            where = where_of(len(path.redirects) - 1, f"paths[{index}]")
            code, evidence = _end_of(path, where, facts.spec.max_redirects)
            if code is not None and code not in told:
                ends.setdefault(code, []).append((path.path, evidence))
    why = _denials_in(facts)
    for code, met in ends.items():
        paths = ", ".join(path for path, _ in met[:_MAX_PATHS_TOLD])
        message = _MESSAGES[code].format(paths=paths, limit=facts.spec.max_redirects, why=why)
        shown = tuple(evidence for _, evidence in met[:MAX_EVIDENCE])
        yield reason_for(code, message, shown)


def _end_of(path: PathFacts, where: str, limit: int) -> tuple[Code | Note | None, Evidence]:
    """Return the code of how a chain ended early, None when it did not, and what shows it."""
    last = path.redirects[-1].answer
    if last.status in REDIRECTS and last.location and len(path.redirects) >= limit:
        return Note.REDIRECT_LIMIT, seen("redirect.limit", f"{where}.location", last.location)
    code = _CODES.get(last.outcome.code) if last.status is None else None
    return code, seen("redirect.end", f"{where}.outcome", last.outcome.code)


def _denials_in(facts: HostFacts) -> str:
    """Return what forbids the hops that were refused, in brackets, or nothing."""
    names = [path.redirects[-1].denial for path in facts.paths if path.redirects]
    told = ", ".join(dict.fromkeys(filter(None, names)))
    return f" ({told})" if told else ""
