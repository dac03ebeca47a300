"""Keeps a deny list as its file says, also when the file changes while we run.

Law: a list that was good stays in force until another good one is read whole. A file is read only
once it rests, so that one that is being written never counts for less than it will say.
"""

import asyncio
from pathlib import Path
from typing import Final

from outscope.config import ConfigError
from outscope.netguard.deny import DenyList, DenyListError, deny_list_of
from outscope.telemetry.logs import logger

log = logger(__name__)

POLL_S: Final = 1.0

# Changes when a file does, or what its name stands for; None when there is none to be read.
_Stamp = tuple[int, int, int, int] | None


class DenyFile:
    """A deny list in a file; made with the list it holds at the start."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises DenyListError, UnicodeDecodeError or OSError."""
        self._path = path
        self._stamp = _stamp_of(path)
        self._settling: _Stamp = self._stamp
        self._current = _read(path)

    @property
    def current(self) -> DenyList:
        """Return the last good list."""
        return self._current

    async def watch(self) -> None:
        """Look for changes, for ever."""
        while True:
            await asyncio.sleep(POLL_S)
            await self.look()

    async def look(self) -> None:
        """Read the file when it has changed since it was last read and not since the last look."""
        stamp = await asyncio.to_thread(_stamp_of, self._path)
        rests, self._settling = stamp == self._settling, stamp
        if not rests or stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._current = await asyncio.to_thread(_read, self._path)
        except (OSError, UnicodeDecodeError, DenyListError) as error:
            log.error(  # noqa: TRY400 - what is wrong is in the file, not in a stack
                "deny list cannot be used, the last good one stays in force",
                file=str(self._path),
                cause=str(error),
            )
        else:
            log.info("deny list read", file=str(self._path), entries=self._current.size)


def opened_deny_file(setting: str, path: Path | None) -> DenyFile | None:
    """Return the deny list a setting names, or None without one; a bad one is a ConfigError."""
    if path is None:
        return None
    try:
        return DenyFile(path)
    except (OSError, UnicodeDecodeError, DenyListError) as error:
        raise ConfigError(f"{setting}={str(path)!r}: {error}") from error


def _stamp_of(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _read(path: Path) -> DenyList:
    return deny_list_of(path.read_text(encoding="utf-8-sig"))
