"""Requests the paths on every address of a name, for a check that asks for it.

The first good answer, in the order the addresses were tried, is the path's own; what the others
said is beside it. Only addresses that take connections on the port are asked.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from outscope.netguard.dial import Exhausted
from services.prober.facts import PathFacts, TcpState
from services.prober.observe.exchange import Endpoint
from services.prober.observe.leave import WithoutLeave
from services.prober.observe.paths import Requester
from services.prober.observe.port import PortVisit
from services.prober.observe.target import Target

_SERVER_ERROR: Final = 500


async def ask_every_address(
    target: Target, visit: PortVisit | None, paths: tuple[PathFacts, ...]
) -> tuple[PathFacts, ...]:
    """Return the answers of all addresses for each path; raises Denied.

    An address that there is no leave or place for was not asked: the path has its own answer.
    """
    if visit is None or visit.endpoint is None:
        return paths
    await target.survey.ended()
    others = [
        address
        for address in target.addresses
        if address != visit.facts.address
        and target.survey.answer(visit.facts, address).state is TcpState.OPEN
    ]
    if not others:
        return paths
    target.requests.expect(len(others) * len(paths))
    answers = await _at_all(target, visit.endpoint, others, paths)
    target.requests.expect(0)
    return tuple(
        _first_good(path, [each[index] for each in answers]) for index, path in enumerate(paths)
    )


async def _at_all(
    target: Target, endpoint: Endpoint, addresses: Sequence[str], paths: tuple[PathFacts, ...]
) -> list[list[PathFacts]]:
    """Ask all addresses at once; what ends one of them ends them all."""
    asking = [
        asyncio.ensure_future(_at_one(target, endpoint, address, paths)) for address in addresses
    ]
    try:
        return await asyncio.gather(*asking)
    except BaseException:
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        raise


async def _at_one(
    target: Target, endpoint: Endpoint, address: str, paths: tuple[PathFacts, ...]
) -> list[PathFacts]:
    requester = Requester(target, endpoint, (address,))
    answers: list[PathFacts] = []
    has_ended = False
    for path in paths:
        answer = None if has_ended else await _answer_of(requester, path.path)
        has_ended = answer is None
        answer = answer or requester.not_asked(path.path)
        if is_good(path):  # then nobody will read this one's body
            target.allowance.give_back(len(answer.body))
            answer = replace(answer, body=b"")
        answers.append(replace(answer, address=address))
    requester.close()
    return answers


async def _answer_of(requester: Requester, path: str) -> PathFacts | None:
    try:
        return await requester.request(path)
    except (Exhausted, WithoutLeave):
        return None


def is_good(answer: PathFacts) -> bool:
    """Tell an answer that a visitor can use, be it an error of theirs, from a server's failure."""
    return answer.outcome.ok and answer.status is not None and answer.status < _SERVER_ERROR


def _first_good(first: PathFacts, others: list[PathFacts]) -> PathFacts:
    answers = [first, *others]
    chosen = next((answer for answer in answers if is_good(answer)), first)
    return replace(
        chosen, other_addresses=tuple(answer for answer in answers if answer is not chosen)
    )
