"""A check in process: facts and verdict, or a failure that says whose it is."""

import asyncio

import pytest

from outscope.failures import FailureReason
from services.prober import check
from services.prober.check import Checked
from services.prober.facts import CheckSpec, Discovery, Failure, HostFacts, Owner, Postponed
from services.prober.judge.verdict import Kind, Verdict
from services.prober.observe.limits import Limits
from tests.integration.prober.conftest import NAME, Lab
from tests.producing import produces
from tests.targets.certificates import Issued
from tests.targets.hostile import silent
from tests.targets.http import HttpServer, response
from tests.targets.serve import own_address

PAGE = response(200, b"<html><title>Shop</title><body><p>Welcome</p></body></html>")


async def run(lab: Lab, port: int) -> Checked | Failure:
    ended = await lab.runner().run(CheckSpec(fqdn=NAME, ports=(port,)))
    assert not isinstance(ended, Postponed)
    return ended


async def test_a_served_site_is_reachable_and_speaks_http(lab: Lab, good: Issued) -> None:
    checked = await run(lab, await lab.serve(HttpServer({"/": PAGE}), good))
    assert isinstance(checked, Checked)
    assert checked.verdict.reachable
    assert checked.verdict.speaks_http
    assert checked.facts.paths[0].title == "Shop"


async def test_the_page_at_the_end_of_a_redirect_is_the_verdicts(lab: Lab, good: Issued) -> None:
    away = response(301, headers=[("Location", "/shop/")])
    port = await lab.serve(HttpServer({"/": away, "/shop/": PAGE}), good)
    spec = CheckSpec(fqdn=NAME, ports=(port,), max_redirects=1)
    checked = await lab.runner().run(spec)
    assert isinstance(checked, Checked)
    assert checked.verdict.analyzable
    (reason, *_) = checked.verdict.reasons
    assert reason.code == "content_served"
    assert reason.evidence[0].field == "paths[0].redirects[0].answer.status_code"


async def test_the_page_of_another_host_is_not(lab: Lab, good: Issued) -> None:
    lab.zone["elsewhere.test"] = (lab.host,)
    there = await lab.serve(HttpServer({"/": PAGE}))
    away = response(301, headers=[("Location", f"http://elsewhere.test:{there}/")])
    port = await lab.serve(HttpServer({"/": away}), good)
    checked = await lab.runner().run(CheckSpec(fqdn=NAME, ports=(port,), max_redirects=5))
    assert isinstance(checked, Checked)
    assert checked.facts.paths[0].redirects[0].answer.title == "Shop"
    assert not checked.verdict.analyzable
    assert checked.verdict.reasons[0].code == "redirect_off_site"


OPENAPI = response(
    200,
    b'{"openapi": "3.1.0", "info": {"title": "Shop"}, "paths": {"/a": {}}}',
    content_type="application/json",
)
SHELL = response(200, b"<title>App</title><div id='root'></div><script src='/a.js'></script>")


async def verdict_of(lab: Lab, server: HttpServer, *paths: str) -> Verdict:
    port = await lab.serve(server, port=8080)
    spec = CheckSpec(fqdn=NAME, ports=(port,), paths=paths or ("/",), discovery=Discovery.STANDARD)
    checked = await lab.runner().run(spec)
    assert isinstance(checked, Checked)
    return checked.verdict


async def test_an_application_served_everywhere_has_no_description(lab: Lab) -> None:
    server = HttpServer({}, otherwise=lambda _: SHELL)
    verdict = await verdict_of(lab, server, "/", "/openapi.json")
    assert verdict.analyzable
    assert not verdict.api_doc_detected
    assert verdict.kind is Kind.SPA


async def test_an_application_served_everywhere_but_for_its_description_has_one(lab: Lab) -> None:
    verdict = await verdict_of(
        lab, HttpServer({"/openapi.json": OPENAPI}, otherwise=lambda _: SHELL)
    )
    assert verdict.api_doc_detected
    assert verdict.kind is Kind.SPA


async def test_an_api_without_a_front_page_is_known_by_its_description(lab: Lab) -> None:
    missing = response(404, b'{"detail":"Not Found"}', content_type="application/json")
    server = HttpServer({"/openapi.json": OPENAPI}, otherwise=lambda _: missing)
    verdict = await verdict_of(lab, server)
    assert (verdict.analyzability, verdict.kind) == ("analyzable", Kind.API)
    assert verdict.api_doc_detected


async def test_a_page_for_every_missing_path_is_none_of_that_path(lab: Lab) -> None:
    def soft(path: str) -> bytes:
        return response(200, f"<title>Shop</title><p>No {path} here, sorry.".encode())

    server = HttpServer({"/": PAGE}, otherwise=soft)
    verdict = await verdict_of(lab, server, "/app")
    assert verdict.reasons[0].code == "soft_not_found"
    assert (verdict.analyzability, verdict.confidence) == ("analyzable", "low")
    assert not verdict.api_doc_detected


async def test_a_description_that_asks_for_credentials_is_protected_unless_all_is(lab: Lab) -> None:
    denial = response(401, b"no", headers=[("WWW-Authenticate", "Basic realm=x")])
    some = await verdict_of(lab, HttpServer({"/": PAGE, "/openapi.json": denial}))
    assert "documentation_protected" in [reason.code for reason in some.reasons]
    assert some.auth_detected
    lab.host = own_address()
    lab.zone[NAME] = (lab.host,)
    every = await verdict_of(lab, HttpServer({}, otherwise=lambda _: denial), "/", "/openapi.json")
    assert [reason.code for reason in every.reasons] == ["auth_required"]


async def test_a_wildcard_redirect_shows_no_documentation(lab: Lab) -> None:
    def away(path: str) -> bytes:
        return response(302, headers=[("Location", f"/login?next={path}")])

    verdict = await verdict_of(lab, HttpServer({}, otherwise=away), "/", "/docs")
    assert [reason.code for reason in verdict.reasons] == ["login_redirect"]
    assert not verdict.api_doc_detected


async def test_a_target_that_is_down_is_a_result_and_no_failure(lab: Lab) -> None:
    checked = await run(lab, 9)
    assert isinstance(checked, Checked)
    assert not checked.verdict.reachable


@produces(FailureReason.INTERNAL)
async def test_a_defect_in_the_judge_is_a_failure_of_ours(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_facts: HostFacts) -> Verdict:
        raise ZeroDivisionError

    monkeypatch.setattr(check, "verdict_for", broken)
    failure = await run(lab, 9)
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.INTERNAL
    assert failure.owner is Owner.OURS


async def test_a_defect_in_observing_is_a_failure_of_ours(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> HostFacts:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    monkeypatch.setattr(check, "observe_host", broken)
    failure = await run(lab, 9)
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.INTERNAL


async def test_a_check_that_overruns_its_deadline_is_ended(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(*_: object, **__: object) -> HostFacts:
        await asyncio.sleep(3600)
        raise AssertionError

    monkeypatch.setattr(check, "observe_host", endless)
    monkeypatch.setattr(check, "_GRACE_S", -5.8)  # 0.2 s with the 6 s of the lab
    failure = await run(lab, 9)
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.DEADLINE_EXCEEDED
    assert failure.owner is Owner.OURS


async def test_a_cancelled_check_leaves_no_connection_behind(lab: Lab) -> None:
    closed = asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        watching.set()
        while await reader.read(65536):
            pass
        closed.set()
        await silent(reader, writer)

    watching = asyncio.Event()
    running = asyncio.create_task(run(lab, await lab.serve(watch)))
    await watching.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with asyncio.timeout(2):
        await closed.wait()


async def test_silent_targets_do_not_slow_the_others(lab: Lab, good: Issued) -> None:
    lab.limits = Limits()
    slow = await lab.serve(silent)
    fast = await lab.serve(HttpServer({"/": PAGE}), good)
    waiting = [asyncio.create_task(run(lab, slow)) for _ in range(100)]
    await asyncio.sleep(0.05)
    async with asyncio.timeout(2):  # the silent ones take 13 s
        checked = await run(lab, fast)
    assert isinstance(checked, Checked)
    assert checked.verdict.speaks_http
    assert not any(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_checks_begun_together_are_not_observed_in_one_go(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    nobody_answers = asyncio.Event()

    async def waits(spec: CheckSpec, *_: object, **__: object) -> Failure:
        begun.append(spec.fqdn)
        await nobody_answers.wait()
        return Failure(reason=FailureReason.INTERNAL, owner=Owner.OURS, message="")

    monkeypatch.setattr(check, "observe_host", waits)
    runner = lab.runner()
    names = [f"{number}.test" for number in range(100)]
    tasks = [asyncio.create_task(runner.run(CheckSpec(fqdn=name))) for name in names]
    await asyncio.sleep(0)
    assert 0 < len(begun) < 20
    async with asyncio.timeout(5):  # and those that get no answer keep nobody from beginning
        while begun != names:
            await asyncio.sleep(0)
    nobody_answers.set()
    await asyncio.gather(*tasks)
