"""The two clients: Client blocks, AsyncClient is awaited, and all else about them is the same."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

import httpx

from outscope_client.account import AsyncUsage, AsyncVantagePoints, Usage, VantagePoints
from outscope_client.badges import AsyncBadges, Badges
from outscope_client.checks import AsyncChecks, Checks
from outscope_client.drive import AsyncDriver, Driver
from outscope_client.settings import settings_from
from outscope_client.webhooks import AsyncWebhooks, Webhooks

if TYPE_CHECKING:
    from typing_extensions import Self

TIMEOUT_S = 30.0
MAX_RETRIES = 4


class Client:
    """Calls OutScope and waits for the answer; one may be used from several threads.

    api_key and url are those of OUTSCOPE_API_KEY and OUTSCOPE_URL when they are not given. timeout
    is in seconds, for each attempt. http is a client of httpx to send with, such as one with a
    proxy or a certificate authority of your own.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        url: str | None = None,
        timeout: float = TIMEOUT_S,
        max_retries: int = MAX_RETRIES,
        http: httpx.Client | None = None,
    ) -> None:
        self._driver = Driver(settings_from(api_key, url, timeout, max_retries), http)
        self.checks = Checks(self._driver)
        self.webhooks = Webhooks(self._driver)
        self.vantage_points = VantagePoints(self._driver)
        self.usage = Usage(self._driver)
        self.badges = Badges(self._driver)

    def close(self) -> None:
        """Close the connections; with does it at its end."""
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient:
    """Calls OutScope from asyncio; as Client, with await before each call.

    api_key, url, timeout, max_retries and http are as of Client.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        url: str | None = None,
        timeout: float = TIMEOUT_S,
        max_retries: int = MAX_RETRIES,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._driver = AsyncDriver(settings_from(api_key, url, timeout, max_retries), http)
        self.checks = AsyncChecks(self._driver)
        self.webhooks = AsyncWebhooks(self._driver)
        self.vantage_points = AsyncVantagePoints(self._driver)
        self.usage = AsyncUsage(self._driver)
        self.badges = AsyncBadges(self._driver)

    async def close(self) -> None:
        """Close the connections; async with does it at its end."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
