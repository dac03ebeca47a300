"""How a client calls: where, as whom, how long it waits and how often it tries again."""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Callable
from urllib.parse import urlsplit

from outscope_client.errors import ConfigurationError

DEFAULT_URL = "https://api.outscope.es"
URL_VARIABLE = "OUTSCOPE_URL"
KEY_VARIABLE = "OUTSCOPE_API_KEY"


@dataclass(frozen=True)
class Settings:
    """What every call of a client has in common."""

    url: str
    api_key: str = field(repr=False)
    timeout_s: float = 30.0
    connect_timeout_s: float = 10.0
    # How often a call is repeated after the first time, and how long it waits for that at most.
    max_retries: int = 4
    max_pause_s: float = 65.0
    monotonic: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    # Evenly between 0 and 1.
    chance: Callable[[], float] = random.random
    new_idempotency_key: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))


def settings_from(
    api_key: str | None,
    url: str | None,
    timeout_s: float,
    max_retries: int,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Return settings, with OUTSCOPE_API_KEY and OUTSCOPE_URL for what is not given."""
    variables = os.environ if environment is None else environment
    key = (api_key or variables.get(KEY_VARIABLE, "")).strip()
    if not key:
        raise ConfigurationError(f"There is no API key: pass api_key=, or set {KEY_VARIABLE}")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigurationError("The API key has characters that no key has; copy it again")
    if timeout_s <= 0:
        raise ConfigurationError("timeout must be more than 0 seconds")
    if max_retries < 0:
        raise ConfigurationError("max_retries must be 0 or more")
    return Settings(
        url=checked_url(url or variables.get(URL_VARIABLE, "") or DEFAULT_URL),
        api_key=key,
        timeout_s=timeout_s,
        max_retries=max_retries,
    )


def checked_url(url: str) -> str:
    """Return the address of a server without its last slash; ConfigurationError if it is none."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(
            f"{url!r} is no address of a server: it begins with https:// or http://, "
            f"such as {DEFAULT_URL}"
        )
    if parts.username or parts.query or parts.fragment:
        raise ConfigurationError(
            "The address of the server has neither user name, query nor fragment; "
            "the key goes into api_key"
        )
    return url.strip().rstrip("/")
