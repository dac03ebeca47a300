"""Decides which answer stands for a path whose redirects were followed.

Law: another company's page never stands for the target. Only while every hop stays on the host that
was checked, or on that name with or without its www, does the next answer count.
"""

from dataclasses import dataclass

from services.prober.facts import PathFacts, Redirect
from services.prober.judge.names import endpoint_of, is_twin


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One answer on the way; where is its place in the facts, such as paths[0].redirects[1].answer.

    Then is what its redirect led to, which does not count itself; None when nothing was asked.
    """

    where: str
    answer: PathFacts
    then: Redirect | None = None
    then_where: str = ""


def steps_of(where: str, path: PathFacts, fqdn: str) -> tuple[Step, ...]:
    """Return the answers of a path that count, the first one and those after it; the last stands.

    Each has the redirect that followed on it, and so has the last when that does not count.
    """
    steps: list[Step] = []
    answer = path
    for index, redirect in enumerate(path.redirects):
        then_where = where_of(index, where)
        place = where if index == 0 else where_of(index - 1, where)
        steps.append(Step(where=place, answer=answer, then=redirect, then_where=then_where))
        answer = redirect.answer
        if answer.status is None or not is_twin(endpoint_of(answer.url)[0], fqdn):
            return tuple(steps)
    place = where_of(len(path.redirects) - 1, where) if path.redirects else where
    return (*steps, Step(where=place, answer=answer))


def where_of(index: int, where: str) -> str:
    """Return the place of a path's redirect in the facts."""
    return f"{where}.redirects[{index}].answer"
