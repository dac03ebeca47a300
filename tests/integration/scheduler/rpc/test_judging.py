"""Checks judged anew by a real prober, whose target counts what reaches it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc.aio
import pytest

from outscope.bus.connect import Bus
from outscope.rpc.status import refusal_from
from outscope.v1 import check_pb2, judgement_service_pb2, messages_pb2, verdict_pb2
from services.scheduler.domain.check import CheckDetail
from services.scheduler.rpc import judging
from services.scheduler.rpc.detail import check_detail
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, completed, eventually, probing, rows
from tests.targets.dns import serve_dns
from tests.targets.http import HttpServer, response
from tests.targets.serve import own_address, serve

NAME = "site.test"
# A form with a captcha in it, on a page that was served.
PAGE = (
    b"<!doctype html><html><head><title>Shop</title></head><body><h1>Welcome</h1>"
    + b"<p>We sell things that people need, every day of the week.</p>" * 20
    + b'<form action="/s"><input name="q"><div class="g-recaptcha"></div></form></body></html>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The target, and what has reached it and its name server."""

    port: int
    server: HttpServer
    queries: list[tuple[str, str]]

    @property
    def traffic(self) -> tuple[int, int, int]:
        return self.server.connections, len(self.server.requests), len(self.queries)


@asynccontextmanager
async def a_world(nats_url: str) -> AsyncIterator[World]:
    """Serve a target, and start a prober of eu-west-1 that finds it."""
    host, queries = own_address(), list[tuple[str, str]]()
    server = HttpServer({"/": response(200, PAGE, headers=[("x-amz-cf-id", "abc")])})
    async with (
        serve_dns({NAME: (host,)}, queries=queries) as (dns_host, dns_port),
        serve(server, host=host) as port,
    ):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.prober",
            env={
                "PATH": os.environ["PATH"],
                "NATS_URL": nats_url,
                "VANTAGE_POINT": "eu-west-1",
                "OUTSCOPE_RESOLVERS": f"{dns_host}:{dns_port}",
                "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
                "OUTSCOPE_HEALTH_LISTEN": "127.0.0.1:0",
            },
            stderr=PIPE,
        )
        try:
            yield World(port=port, server=server, queries=queries)
        finally:
            process.kill()
            await process.communicate()


@pytest.fixture
async def world(address: str, nats_url: str) -> AsyncIterator[World]:
    async with a_world(nats_url) as made:
        yield made


async def a_completed_check(caller: Caller, world: World) -> check_pb2.Check:
    created = await caller.create(NAME, ports=[world.port])
    check = (await caller.watch(created.id))[-1]
    assert check.status == check_pb2.CHECK_STATUS_COMPLETED
    assert check.result.paths[0].status_code == 200
    return check


async def judged_by_older_rules(database: Database, check_id: str) -> verdict_pb2.Analysis:
    """Store the verdict that rules of long ago would have reached; return it."""
    ((stored,),) = await rows(database, "SELECT result FROM probes WHERE check_id = %s", check_id)
    result = check_pb2.CheckResult.FromString(stored)
    analysis = result.analysis
    analysis.analyzable, analysis.kind, analysis.rules_version = False, "none", "0"
    await rows(
        database,
        "UPDATE probes SET result = %s WHERE check_id = %s",
        result.SerializeToString(),
        check_id,
    )
    return analysis


async def rejudge(caller: Caller, check_id: str) -> judgement_service_pb2.RejudgeCheckResponse:
    request = judgement_service_pb2.RejudgeCheckRequest(id=check_id)
    return await caller.judgements.RejudgeCheck(request, metadata=caller.metadata, timeout=20)


async def rejudge_page(
    caller: Caller, *, fqdn: str = "", cursor: str = "", page_size: int | None = None
) -> judgement_service_pb2.RejudgeChecksResponse:
    request = judgement_service_pb2.RejudgeChecksRequest(
        fqdn=fqdn, cursor=cursor, page_size=page_size
    )
    return await caller.judgements.RejudgeChecks(request, metadata=caller.metadata, timeout=20)


async def refused(call: object) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call  # type: ignore[misc]  # any call
    refusal = refusal_from(raised.value)
    assert refusal is not None
    return refusal.code, refusal.message


async def test_a_check_is_judged_anew_without_a_packet_to_its_target(
    caller: Caller, world: World, database: Database
) -> None:
    check = await a_completed_check(caller, world)
    before, traffic = await judged_by_older_rules(database, check.id), world.traffic
    answer = await rejudge(caller, check.id)
    assert answer.difference.before == before
    assert answer.difference.after == check.result.analysis
    assert list(answer.difference.changed) == ["analyzable", "kind", "rules_version"]
    assert answer.check.HasField("rejudged_at")
    assert answer.check == await caller.find(check.id)
    answer.check.ClearField("rejudged_at")
    assert answer.check == check  # nothing but the verdict had been another
    again = await rejudge(caller, check.id)
    assert list(again.difference.changed) == []
    assert again.difference.before == again.difference.after == check.result.analysis
    explained = await explain(caller, check.id)
    assert explained.rules
    assert world.traffic == traffic
    assert traffic > (0, 0, 0)


async def explain(caller: Caller, check_id: str) -> judgement_service_pb2.ExplainCheckResponse:
    request = judgement_service_pb2.ExplainCheckRequest(id=check_id)
    return await caller.judgements.ExplainCheck(request, metadata=caller.metadata, timeout=20)


async def test_an_explanation_tells_what_decided_and_what_did_not_count(
    caller: Caller, world: World, database: Database
) -> None:
    check = await a_completed_check(caller, world)
    explained = await explain(caller, check.id)
    assert explained.analysis == check.result.analysis
    assert explained.is_current
    roles = {rule.rule: rule for rule in explained.rules}
    assert explained.rules[0].role == verdict_pb2.RULE_ROLE_DECIDED
    assert explained.rules[0].message == check.result.analysis.reasons[0].message
    captcha = roles["generic.captcha"]
    assert captcha.role == verdict_pb2.RULE_ROLE_GATED
    assert captcha.where == "paths[0]"
    assert ("paths[0].status_code", "200") in {(e.field, e.value) for e in captcha.evidence}
    await judged_by_older_rules(database, check.id)
    explained = await explain(caller, check.id)
    assert not explained.is_current
    found = await caller.find(check.id)
    assert found.result.analysis.kind == "none"  # explaining stores nothing
    assert not found.HasField("rejudged_at")


async def test_a_header_that_only_the_new_verdict_cites_is_shown(
    caller: Caller, world: World, database: Database
) -> None:
    check = await a_completed_check(caller, world)
    result = check_pb2.CheckResult()
    result.CopyFrom(check.result)
    result.paths[0].ClearField("headers")
    result.analysis.ClearField("reasons")
    await rows(database, "UPDATE probes SET result = %s", result.SerializeToString())
    answer = await rejudge(caller, check.id)
    fields = [e.field for r in answer.difference.after.reasons for e in r.evidence]
    assert "paths[0].headers.x-amz-cf-id" in fields
    shown = [(each.name, each.value) for each in answer.check.result.paths[0].headers]
    assert shown == [("x-amz-cf-id", "abc")]
    assert await caller.find(check.id) == answer.check


async def test_those_who_judge_at_once_leave_one_whole_verdict(
    caller: Caller, world: World, database: Database
) -> None:
    check = await a_completed_check(caller, world)
    await judged_by_older_rules(database, check.id)
    answers = await asyncio.gather(*(rejudge(caller, check.id) for _ in range(6)))
    assert all(answer.difference.after == check.result.analysis for answer in answers)
    # Who comes second sees the verdict of the first, not the one before it.
    assert sum(bool(answer.difference.changed) for answer in answers) == 1
    assert (await caller.find(check.id)).result == check.result


async def test_what_another_judged_a_moment_before_is_not_told_as_changed_again(
    caller: Caller, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = await a_completed_check(caller, world)
    await judged_by_older_rules(database, check.id)

    async def overtaken(opened: Database, check_id: str, *, account_id: str) -> CheckDetail:
        detail = await check_detail(opened, check_id, account_id=account_id)
        await rows(database, "UPDATE probes SET result = %s", check.result.SerializeToString())
        return detail

    monkeypatch.setattr(judging, "check_detail", overtaken)
    answer = await rejudge(caller, check.id)
    assert answer.difference.before == check.result.analysis
    assert not answer.difference.changed


async def test_a_page_of_checks_is_judged_anew_and_one_without_facts_stops_no_other(
    caller: Caller, stranger: Caller, world: World, database: Database
) -> None:
    checks = [await a_completed_check(caller, world) for _ in range(3)]
    others = await a_completed_check(stranger, world)
    for check in (*checks, others):
        await judged_by_older_rules(database, check.id)
    await rows(database, "DELETE FROM kept_facts WHERE check_id = %s", checks[1].id)
    traffic = world.traffic
    first = await rejudge_page(caller, page_size=2, fqdn=" SITE.test. ")
    rest = await rejudge_page(caller, cursor=first.next_cursor)
    assert [item.id for item in first.items] == [checks[2].id, checks[1].id]
    assert [item.fqdn for item in first.items] == [NAME, NAME]
    assert list(first.items[0].difference.changed) == ["analyzable", "kind", "rules_version"]
    problem = first.items[1].problem
    assert problem.code == "conflict"
    assert "kept for 7 days" in problem.message
    assert [item.id for item in rest.items] == [checks[0].id]
    assert rest.next_cursor == ""
    assert not (await rejudge_page(caller, fqdn="other.test")).items
    assert (await stranger.find(others.id)).result.analysis.kind == "none"
    assert world.traffic == traffic


async def test_facts_whose_time_is_over_are_not_judged(
    caller: Caller, world: World, database: Database
) -> None:
    check = await a_completed_check(caller, world)
    await rows(database, "UPDATE kept_facts SET expires_at = now()")
    code, message = await refused(rejudge(caller, check.id))
    assert code == "conflict"
    assert "kept for 7 days" in message
    assert "Create another check" in message
    assert (await refused(explain(caller, check.id)))[0] == "conflict"
    assert await caller.find(check.id) == check


async def test_facts_that_no_prober_can_read_are_told_so(
    caller: Caller, world: World, database: Database
) -> None:
    check = await a_completed_check(caller, world)
    await rows(database, "UPDATE kept_facts SET kept = 'no zlib'::bytea")
    code, message = await refused(rejudge(caller, check.id))
    assert code == "conflict"
    assert "what is kept of it cannot be read" in message


async def test_facts_that_are_too_long_for_the_bus_are_told_so(
    caller: Caller, world: World, database: Database, bus: Bus
) -> None:
    check = await a_completed_check(caller, world)
    longest = "UPDATE kept_facts SET kept = repeat('x', %s)::bytea"
    await rows(database, longest, bus.max_payload_bytes - 4096)
    code, message = await refused(rejudge(caller, check.id))
    assert code == "conflict"
    assert "too long to be sent" in message


async def test_another_s_check_looks_like_none(
    caller: Caller, stranger: Caller, world: World
) -> None:
    check = await a_completed_check(caller, world)
    for call in (rejudge(stranger, check.id), explain(stranger, check.id)):
        assert (await refused(call))[0] == "not_found"
    assert (await refused(rejudge(caller, "chk_x")))[0] == "not_found"


async def test_a_check_without_a_verdict_cannot_be_judged(
    caller: Caller, database: Database
) -> None:
    check = await caller.create()
    code, message = await refused(rejudge(caller, check.id))
    assert code == "conflict"
    assert "when it has completed" in message
    await rows(database, "UPDATE checks SET status = 'failed', ended_at = now()")
    await rows(database, "UPDATE probes SET state = 'failed'")
    code, message = await refused(rejudge(caller, check.id))
    assert code == "conflict"
    assert "has failed" in message
    await rows(database, "UPDATE checks SET status = 'cancelled'")
    code, message = await refused(rejudge(caller, check.id))
    assert code == "conflict"
    assert "was cancelled" in message
    assert not (await rejudge_page(caller)).items


async def test_without_a_prober_the_call_may_succeed_later(
    caller: Caller, bus: Bus, nats_url: str, database: Database
) -> None:
    def told(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
        report = completed(job)
        report.kept = b"facts"
        return report

    async with probing(bus, outcome=told):
        check = (await caller.watch((await caller.create()).id))[-1]
    assert (await refused(rejudge(caller, check.id)))[0] == "unavailable"
    assert (await refused(rejudge_page(caller)))[0] == "unavailable"
    assert (await caller.find(check.id)) == check
    async with a_world(nats_url):

        async def is_answered() -> bool:
            return (await refused(rejudge(caller, check.id)))[0] == "conflict"

        await eventually(is_answered)
