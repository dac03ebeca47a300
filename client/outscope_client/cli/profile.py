"""Where to call and as whom: options, then the environment, then what login has stored.

Law: the stored key can be read by its owner alone, from the moment that the file exists, and is
sent to no server but the one that it was stored for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outscope_client.cli.endings import USAGE, Ended
from outscope_client.settings import DEFAULT_URL, KEY_VARIABLE, URL_VARIABLE

_FILE_VARIABLE = "OUTSCOPE_CONFIG"
_OWNER_ONLY = 0o600


@dataclass(frozen=True)
class Profile:
    """Where to call and as whom, and where each is from."""

    url: str
    api_key: str
    url_from: str
    key_from: str
    # The server that the stored key is for, where that is another than the one called.
    stored_for: str = ""


def profile_file(environment: Mapping[str, str]) -> Path:
    """Return where login stores: OUTSCOPE_CONFIG, or below XDG_CONFIG_HOME or ~/.config."""
    if told := environment.get(_FILE_VARIABLE, ""):
        return Path(told)
    base = environment.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base else Path.home() / ".config") / "outscope" / "login.json"


def stored_profile(file: Path) -> dict[str, str]:
    """Return what login has stored, nothing if it has not; what is no such file ends a command."""
    try:
        told = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Ended(USAGE, f"{file} cannot be read ({error}); outscope login writes it") from error
    if not isinstance(told, dict):
        raise Ended(USAGE, f"{file} is none that outscope login wrote; run it again")
    return {name: str(value) for name, value in told.items()}


def store_profile(file: Path, url: str, api_key: str) -> None:
    """Store a login, readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(json.dumps({"url": url, "api_key": api_key}) + "\n")
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def is_private(file: Path) -> bool:
    """Tell whether nobody but its owner can read a file."""
    return not file.stat().st_mode & 0o077


def profile_from(
    url: str | None, api_key: str | None, environment: Mapping[str, str], file: Path
) -> Profile:
    """Return the first of each that is told; the stored key only for the stored server."""
    stored = stored_profile(file)
    urls = (
        (url or "", "--url"),
        (environment.get(URL_VARIABLE, ""), URL_VARIABLE),
        (stored.get("url", ""), str(file)),
        (DEFAULT_URL, "the default"),
    )
    told_url, url_from = next((one for one in urls if one[0]), urls[-1])
    is_the_stored_server = told_url.rstrip("/") == stored.get("url", DEFAULT_URL).rstrip("/")
    stored_key = stored.get("api_key", "") if is_the_stored_server else ""
    keys = (
        (api_key or "", "--api-key"),
        (environment.get(KEY_VARIABLE, ""), KEY_VARIABLE),
        (stored_key, str(file)),
        ("", "nowhere"),
    )
    told_key, key_from = next((one for one in keys if one[0]), keys[-1])
    is_for_another = bool(stored.get("api_key")) and not is_the_stored_server
    return Profile(
        url=told_url,
        api_key=told_key,
        url_from=url_from,
        key_from=key_from,
        stored_for=stored.get("url", DEFAULT_URL) if is_for_another else "",
    )
