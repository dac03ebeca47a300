"""A real browser before the running system, with the small world it looks at."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from tests.contract.console.browser import chromium
from tests.e2e.conftest import receiver, system, town
from tests.e2e.running import System

__all__ = ["receiver", "system", "town"]

SHOTS: Final = Path(__file__).parents[3] / ".outscope" / "console"
DESKTOP: Final[ViewportSize] = {"width": 1100, "height": 800}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        await started.close()


class Visitor:
    """Somebody before a browser: what they see, and what the browser complained of."""

    def __init__(self, page: Page, system: System) -> None:
        self.page = page
        self.system = system
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("console", self._console)

    def _console(self, message: Any) -> None:  # noqa: ANN401 - Playwright's own
        # A status that is no success is told there, too; it is what some tests bring about.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    async def go(self, path: str) -> int:
        answer = await self.page.goto(self.system.rest + path)
        assert answer is not None
        return answer.status

    async def sign_in(self, api_key: str | None = None, path: str = "/") -> None:
        await self.go(path)
        await self.page.fill("input[name=api_key]", api_key or self.system.api_key)
        await self.page.click("main button.main")

    async def text(self) -> str:
        return await self.page.inner_text("body")

    async def checked(self, fqdn: str, **spec: object) -> str:
        """Create a check and wait until it has ended; its id."""
        check_id = await self.system.create(fqdn, **spec)
        status, answer = await self.system.call("GET", f"/v1/check/{check_id}?wait=30")
        assert (status, answer["status"]) == (200, "completed"), answer
        return check_id

    async def looked_at(self, name: str) -> None:
        """Hold the page against WCAG 2.1 AA in both colours, and keep what it looks like."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            await self.page.emulate_media(color_scheme=scheme)
            await self._kept(f"{name}-{scheme}")
            await self._accessible(f"{name} {scheme}")
        await self.page.emulate_media(color_scheme="light")
        await self.page.set_viewport_size(PHONE)
        wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is wider than a phone"
        await self._kept(f"{name}-phone")
        await self._accessible(f"{name} phone")
        await self.page.set_viewport_size(DESKTOP)

    async def _kept(self, name: str) -> None:
        await self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    async def _accessible(self, what: str) -> None:
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
        found = await Axe().run(self.page, options={"runOnly": {"type": "tag", "values": tags}})
        assert found.violations_count == 0, f"{what}: {found.generate_report()}"


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context(viewport=DESKTOP)
    yield opened
    await opened.close()


@pytest.fixture
async def visitor(context: BrowserContext, system: System) -> AsyncIterator[Visitor]:
    """A visitor of whom the browser must not have had to complain."""
    arrived = Visitor(await context.new_page(), system)
    yield arrived
    assert arrived.complaints == []


@pytest.fixture
async def member(visitor: Visitor) -> Visitor:
    """A visitor who has signed in."""
    await visitor.sign_in()
    await visitor.page.wait_for_selector("nav")
    return visitor


def check_id_in(url: str) -> str:
    found = re.search(r"chk_\w+", url)
    assert found is not None, url
    return found[0]
