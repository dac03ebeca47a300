"""A real browser before the running system, with the small world it looks at."""

import importlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from tests.contract.console.installing import chromium, is_ci, lacks_of_browser
from tests.e2e.conftest import Town, receiver, town
from tests.e2e.running import System, running_system

__all__ = ["receiver", "town"]

SHOTS: Final = Path(__file__).parents[3] / ".outscope" / "console"
DESKTOP: Final = {"width": 1100, "height": 800}
PHONE: Final = {"width": 390, "height": 844}
# No test measures how quick anything is, and a machine may be busy.
WITHIN_MS: Final = 90_000
TEST_WITHIN_S: Final = 600
# What the probers say of where they stand.
TAG: Final = "provider:town"
_WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]

# Playwright's own; it has no types here, since only make console-check installs it.
Browser: TypeAlias = Any
BrowserContext: TypeAlias = Any
Page: TypeAlias = Any
Locator: TypeAlias = Any


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(TEST_WITHIN_S))


@pytest.fixture(scope="session")
def system(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system whose probers wait for a site as long as a test looks at the page meanwhile."""
    patience = {"OUTSCOPE_HTTP_TIMEOUT": "120", "OUTSCOPE_PROBE_DEADLINE": "180"}
    folder = tmp_path_factory.mktemp("system")
    with running_system(folder, *town.options(), **patience, OUTSCOPE_TAGS=TAG) as running:
        yield running


@pytest.fixture(scope="session")
def executable() -> str:
    """The browser; without one tests are skipped, and in CI they fail."""
    lacking = lacks_of_browser()
    if lacking is not None:
        (pytest.fail if is_ci() else pytest.skip)(lacking)
    return str(chromium())


@pytest.fixture
async def browser(executable: str) -> AsyncIterator[Browser]:
    driver = importlib.import_module("playwright.async_api")
    driver.expect.set_options(timeout=WITHIN_MS)
    async with driver.async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=executable,
            # In a container there are no namespaces to be had, and little shared memory.
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            timeout=WITHIN_MS,
        )
        yield started
        await started.close()


def expect(locator: Locator) -> Any:  # noqa: ANN401 - Playwright's own
    """Return the assertions of a place in a page, which wait until they hold."""
    return importlib.import_module("playwright.async_api").expect(locator)


class Visitor:
    """Somebody before a browser: what they see, and what the browser complained of."""

    def __init__(self, page: Page, system: System) -> None:
        self.page = page
        self.system = system
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dialog)
        page.on("console", self._console)

    async def _dialog(self, dialog: Any) -> None:  # noqa: ANN401 - Playwright's own
        self.complaints.append(dialog.message)
        await dialog.dismiss()

    def _console(self, message: Any) -> None:  # noqa: ANN401 - Playwright's own
        # A status that is no success is told there, too; it is what some tests bring about.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    async def go(self, path: str) -> int:
        answer = await self.page.goto(self.system.rest + path)
        assert answer is not None
        status: int = answer.status
        return status

    async def sign_in(self, api_key: str | None = None, path: str = "/") -> None:
        await self.go(path)
        await self.page.fill("input[name=api_key]", api_key or self.system.api_key)
        await self.page.click("main button.main")

    async def text(self) -> str:
        return str(await self.page.inner_text("body"))

    async def checked(self, fqdn: str, **spec: object) -> str:
        """Create a check and wait until it has ended; its id."""
        check_id = await self.system.create(fqdn, **spec)
        answer = {"status": "pending"}
        while answer["status"] == "pending":
            status, answer = await self.system.call("GET", f"/v1/check/{check_id}?wait=30")
            assert status == 200, answer
        assert answer["status"] == "completed", answer
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
        axe = importlib.import_module("axe_playwright_python.async_playwright").Axe()
        rules = {"runOnly": {"type": "tag", "values": _WCAG}}
        found = await axe.run(self.page, options=rules)
        assert found.violations_count == 0, f"{what}: {found.generate_report()}"


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context(viewport=DESKTOP)
    opened.set_default_timeout(WITHIN_MS)
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
