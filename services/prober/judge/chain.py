"""Decides which answer stands for a path whose redirects were followed.

Law: another company's page never stands for the target. Only while every hop stays on the host that
was checked, or on that name with or without its www, does the next answer count. A hop that we did
not ask says nothing: its chain ends before it, as where no more is followed. Over TLS that other
name has to prove itself: with a certificate nobody trusts it may be anyone.
"""

from dataclasses import dataclass

from services.prober.facts import OutcomeCode, PathFacts, Redirect
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
    asked = asked_of(path)
    for index, redirect in enumerate(asked):
        then_where = where_of(index, where)
        place = where if index == 0 else where_of(index - 1, where)
        steps.append(Step(where=place, answer=answer, then=redirect, then_where=then_where))
        answer = redirect.answer
        if answer.status is None or not _stands_for(redirect, fqdn):
            return tuple(steps)
    place = where_of(len(asked) - 1, where) if asked else where
    return (*steps, Step(where=place, answer=answer))


def asked_of(path: PathFacts) -> tuple[Redirect, ...]:
    """Return the redirects of a path without the last when that was not asked, which is ours."""
    if not path.redirects:
        return ()
    last = path.redirects[-1].answer
    is_unasked = last.status is None and last.outcome.code is OutcomeCode.HTTP_NOT_ASKED
    return path.redirects[:-1] if is_unasked else path.redirects


def _stands_for(redirect: Redirect, fqdn: str) -> bool:
    host = endpoint_of(redirect.answer.url)[0]
    is_trusted = redirect.tls is None or redirect.tls.valid
    return is_twin(host, fqdn) and (host == fqdn or is_trusted)


def where_of(index: int, where: str) -> str:
    """Return the place of a path's redirect in the facts."""
    return f"{where}.redirects[{index}].answer"
