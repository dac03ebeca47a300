"""How often the scheduler is asked, whatever strangers ask for."""

import asyncio

import pytest

from outscope.clock import utc_now
from outscope.errors import NotFound, Overloaded, Unavailable
from outscope.v1.badge_service_pb2 import Badge, GetBadgeResponse
from services.gateway.badges import KEPT_S, LOOKS_A_SECOND, MAX_KEPT, MAX_LOOKS, Badges


class Scheduler:
    """Shows every name but those that begin with "no"; remembers for which it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.is_up = True

    async def look(self, fqdn: str) -> GetBadgeResponse:
        self.asked.append(fqdn)
        await self.may_answer.wait()
        if not self.is_up:
            raise Unavailable("down")
        if fqdn.startswith("no"):
            raise NotFound("There is no such badge")
        return GetBadgeResponse(badge=Badge(fqdn=fqdn))


async def ask(badges: Badges, scheduler: Scheduler, fqdn: str) -> Badge | None:
    try:
        return await badges.badge(fqdn, lambda: scheduler.look(fqdn))
    except NotFound:
        return None


async def test_a_name_is_looked_for_once_shown_or_not_until_its_time_is_over() -> None:
    badges, scheduler = Badges(utc_now, kept_s=0.2), Scheduler()
    for _ in range(3):
        assert await ask(badges, scheduler, "a.example") == Badge(fqdn="a.example")
        assert await ask(badges, scheduler, "no.example") is None
    assert scheduler.asked == ["a.example", "no.example"]
    await asyncio.sleep(0.25)
    await ask(badges, scheduler, "a.example")
    await ask(badges, scheduler, "no.example")
    assert scheduler.asked == ["a.example", "no.example"] * 2


async def test_those_who_ask_at_once_share_one_look_even_when_the_first_leaves() -> None:
    badges, scheduler = Badges(utc_now), Scheduler()
    scheduler.may_answer.clear()
    asking = [asyncio.create_task(ask(badges, scheduler, "a.example")) for _ in range(20)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    scheduler.may_answer.set()
    assert await asyncio.gather(*asking[1:]) == [Badge(fqdn="a.example")] * 19
    assert scheduler.asked == ["a.example"]


async def test_only_so_many_looks_are_under_way_and_what_is_known_is_told_beside() -> None:
    badges, scheduler = Badges(utc_now), Scheduler()
    await ask(badges, scheduler, "known.example")
    scheduler.may_answer.clear()
    looks = [
        asyncio.create_task(ask(badges, scheduler, f"{at}.example")) for at in range(MAX_LOOKS)
    ]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refused:
        await ask(badges, scheduler, "more.example")
    assert refused.value.details == {"retry_after_s": 1}
    assert await ask(badges, scheduler, "known.example") is not None
    scheduler.may_answer.set()
    await asyncio.gather(*looks)
    assert await ask(badges, scheduler, "more.example") is not None


async def test_only_so_many_names_are_looked_for_in_a_second() -> None:
    badges, scheduler = Badges(utc_now, looks_a_second=5), Scheduler()
    refused = 0
    for at in range(50):
        try:
            await ask(badges, scheduler, f"no{at}.example")
        except Overloaded:
            refused += 1
    assert len(scheduler.asked) + refused == 50
    assert 5 <= len(scheduler.asked) < 15
    await asyncio.sleep(0.5)
    await ask(badges, scheduler, "a.example")


async def test_who_asks_for_names_that_do_not_exist_holds_up_no_badge_that_is_shown() -> None:
    badges, scheduler = Badges(utc_now, kept_s=0.05, looks_a_second=5), Scheduler()
    await ask(badges, scheduler, "a.example")
    await asyncio.sleep(0.1)
    flood = (ask(badges, scheduler, f"no{at}.example") for at in range(20))
    answers = await asyncio.gather(*flood, return_exceptions=True)
    assert any(isinstance(answer, Overloaded) for answer in answers)
    before = len(scheduler.asked)
    assert await ask(badges, scheduler, "a.example") is not None
    assert scheduler.asked[before:] == ["a.example"]


def test_no_name_is_pushed_out_before_its_time() -> None:
    assert MAX_KEPT > (KEPT_S + 1) * LOOKS_A_SECOND


async def test_of_many_names_those_looked_for_last_are_kept() -> None:
    badges, scheduler = Badges(utc_now, looks_a_second=1e9), Scheduler()
    for at in range(MAX_KEPT + 1):
        await ask(badges, scheduler, f"no{at}.example")
    await ask(badges, scheduler, f"no{MAX_KEPT}.example")
    await ask(badges, scheduler, "no1.example")
    assert len(scheduler.asked) == MAX_KEPT + 1
    await ask(badges, scheduler, "no0.example")
    assert len(scheduler.asked) == MAX_KEPT + 2


async def test_a_look_that_fails_is_told_and_not_kept() -> None:
    badges, scheduler = Badges(utc_now), Scheduler()
    scheduler.is_up = False
    with pytest.raises(Unavailable):
        await ask(badges, scheduler, "a.example")
    scheduler.is_up = True
    assert await ask(badges, scheduler, "a.example") is not None
