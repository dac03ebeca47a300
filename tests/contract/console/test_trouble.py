"""What goes wrong before a person: hostile targets, refusals, keys that ended, servers away."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import pytest

from tests.contract.console.conftest import BrowserContext, Visitor, expect
from tests.contract.console.sites import HOSTILE, held_site, hostile_site
from tests.e2e.conftest import Town
from tests.e2e.running import REPOSITORY, System

AWAY_WITHIN_S: Final = 120


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.contextmanager
def gateway(port: int, scheduler: str) -> Iterator[subprocess.Popen[bytes]]:
    """A gateway of its own, which shares its sessions with the next one."""
    settings = {
        "OUTSCOPE_REST_LISTEN": f"127.0.0.1:{port}",
        "OUTSCOPE_SCHEDULER_ADDRESS": scheduler,
        "OUTSCOPE_CONSOLE_KEYS": "A" * 43 + "=",
        "OUTSCOPE_SCHEDULER_DEADLINE": "2",
        "OUTSCOPE_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "services.gateway"]
    with subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, **settings}) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


async def opened(port: int) -> None:
    async with asyncio.timeout(AWAY_WITHIN_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def test_what_a_hostile_target_sends_is_text(member: Visitor) -> None:
    asked: list[str] = []
    member.page.on("request", lambda request: asked.append(request.url))
    async with hostile_site() as site:
        check_id = await member.checked(
            "hostile.town.test", ports=[site.port], include_content_sample=True
        )
    await member.go(f"/checks/{check_id}")
    text = await member.text()
    assert "<img src=//evil.test/x onerror=alert(2)>" in text
    assert await member.page.locator("main img, main script, main iframe").count() == 0
    assert [url for url in asked if not url.startswith(member.system.rest)] == []
    await member.looked_at("hostile")
    typed = quote(HOSTILE)
    for path in (
        f"/compare?check={check_id}&check={check_id}",
        f"/compare?check={typed}",
        f"/checks?fqdn={typed}",
        f"/?fqdn={typed}",
        f"/webhooks?done={typed}",
        f"/checks/{quote(HOSTILE, safe='')}",
    ):
        await member.go(path)
        assert await member.page.locator("main img, main script").count() == 0


async def test_what_is_wrong_with_a_form_is_said_and_what_was_typed_stays(member: Visitor) -> None:
    await member.page.fill("input[name=fqdn]", 'no host <b>"')
    await member.page.click("main button.main")
    await expect(member.page.locator("[role=alert]")).to_be_visible()
    assert await member.page.input_value("input[name=fqdn]") == 'no host <b>"'
    await member.looked_at("new-check-refused")


async def test_a_check_that_does_not_exist_is_a_page_that_says_so(member: Visitor) -> None:
    assert await member.go("/checks/chk_01kprq4e00c5s6h9m2t8v4x3za") == 404
    assert "There is no such check" in await member.text()
    await member.looked_at("not-found")


async def test_a_key_that_is_wrong_signs_nobody_in(visitor: Visitor) -> None:
    await visitor.sign_in("svc_wrong")
    await expect(visitor.page.locator("[role=alert]")).to_contain_text("mistyped")
    assert await visitor.page.context.cookies() == []


async def test_a_key_that_is_revoked_ends_the_session(visitor: Visitor, system: System) -> None:
    command = [sys.executable, "-m", "services.scheduler", "keys"]
    env = {**os.environ, "DATABASE_URL": str(system.first_line["postgres"])}

    def keys(*arguments: str) -> bytes:
        return subprocess.run(
            [*command, *arguments], cwd=REPOSITORY, env=env, capture_output=True, check=True
        ).stdout

    made = json.loads(keys("create", "--json", "--name", "brief"))
    await visitor.sign_in(made["secret"])
    await visitor.page.wait_for_selector("nav")
    keys("revoke", made["id"])
    async with asyncio.timeout(AWAY_WITHIN_S):
        while await visitor.go("/usage") == 200:
            await asyncio.sleep(0.2)
    await expect(visitor.page.locator("[role=alert]")).to_contain_text("not valid any more")
    assert await visitor.page.context.cookies() == []
    await visitor.looked_at("expired-key")


async def test_a_gateway_that_goes_away_is_told_and_taken_up_again(
    context: BrowserContext, system: System
) -> None:
    port = free_port()
    page = await context.new_page()
    address = system.grpc.removeprefix("grpc://")
    async with held_site() as site:
        with gateway(port, address):
            await opened(port)
            await page.goto(f"http://127.0.0.1:{port}/")
            await page.fill("input[name=api_key]", system.api_key)
            await page.click("main button.main")
            await page.wait_for_selector("nav")
            check_id = await system.create("held.town.test", ports=[site.port])
            await page.goto(f"http://127.0.0.1:{port}/checks/{check_id}")
            await expect(page.locator("#progress li.started")).to_be_visible()
        await expect(page.locator("#progress-state")).to_contain_text("does not answer")
        with gateway(port, address):
            await opened(port)
            site.go_on.set()
            await expect(page.locator(".verdict")).to_contain_text("nalyzable")


async def test_a_scheduler_that_is_away_is_said_to_be(visitor: Visitor) -> None:
    port, page = free_port(), visitor.page
    here = f"http://127.0.0.1:{port}"
    with gateway(port, visitor.system.grpc.removeprefix("grpc://")):
        await opened(port)
        await page.goto(f"{here}/")
        await page.fill("input[name=api_key]", visitor.system.api_key)
        await page.click("main button.main")
        await page.wait_for_selector("nav")
    with gateway(port, f"127.0.0.1:{free_port()}"):
        await opened(port)
        answer = await page.goto(f"{here}/checks?status=failed")
        assert answer.status == 503
        await expect(page.locator("[role=alert]")).to_contain_text("unavailable")
        again = page.get_by_role("link", name="Try again")
        assert await again.get_attribute("href") == "/checks?status=failed"
        await visitor.looked_at("scheduler-away")
        # It comes back, and so does the page: the session was not lost over it.
        assert len(await page.context.cookies()) == 1
        await page.context.clear_cookies()
        await page.goto(f"{here}/")
        await page.fill("input[name=api_key]", visitor.system.api_key)
        await page.click("main button.main")
        await expect(page.locator("[role=alert]")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_colours_chosen_stay(member: Visitor, scheme: str) -> None:
    await member.page.emulate_media(color_scheme=scheme)
    before = await member.page.evaluate("getComputedStyle(document.body).backgroundColor")
    await member.page.click("#theme")
    after = await member.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert after != before
    await member.go("/usage")
    assert await member.page.evaluate("getComputedStyle(document.body).backgroundColor") == after


async def test_a_keyboard_is_enough(member: Visitor, town: Town) -> None:
    await member.go("/")
    await expect(member.page.locator("input[name=fqdn]")).to_be_focused()
    await member.page.keyboard.type("keys.town.test")
    # Past the vantage points, however many there are.
    ports = member.page.locator("input[name=ports]:focus")
    for _ in range(10):
        await member.page.keyboard.press("Tab")
        if await ports.count():
            break
    await member.page.keyboard.press("ControlOrMeta+A")
    await member.page.keyboard.type(str(town.http))
    await member.page.keyboard.press("Enter")
    await member.page.wait_for_url("**/checks/chk_*")
    # The page goes on to the report by itself; only then is it left.
    await expect(member.page.locator(".verdict")).to_contain_text("nalyzable")
    await member.go("/checks")
    await member.page.keyboard.press("Tab")
    await expect(member.page.locator(".skip")).to_be_focused()


async def test_tabs_that_nobody_looks_at_leave_their_connections_to_the_others(
    member: Visitor,
) -> None:
    events: list[str] = []
    member.page.on("request", lambda request: events.append(request.url.rpartition("/")[2]))
    async with held_site() as site:
        check_id = await member.system.create("tabs.town.test", ports=[site.port])
        await member.go(f"/checks/{check_id}")
        await expect(member.page.locator("#progress li.started")).to_be_visible()
        assert (await _ended_by_hiding(member)).endswith("/events")
        site.go_on.set()
        await member.system.ended(check_id)
        # Nobody told the page, so it still is what it was.
        assert await member.page.locator("#progress li.started").count() == 1
        assert events.count("events") == 1
        await _look(member, is_hidden=False)
        await expect(member.page.locator(".verdict")).to_contain_text("nalyzable")


async def _ended_by_hiding(member: Visitor) -> str:
    """Turn to another tab; the address of the request that this has ended."""
    async with member.page.expect_event("requestfailed") as ending:
        await _look(member, is_hidden=True)
    return str((await ending.value).url)


async def _look(member: Visitor, *, is_hidden: bool) -> None:
    await member.page.evaluate(
        """isHidden => {
            Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )
