"""Has PDFs made: each by a process of its own, few at once, so that nothing else has to wait.

Law: a page takes at most its time and its memory, and its process ends when nobody waits for it.
Where Pango is not installed every PDF is refused, and nothing else is.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from outscope.errors import DeadlineExceeded, Overloaded, Unavailable
from outscope.telemetry.logs import logger
from services.gateway import print_pdf

log = logger(__name__)

DEFAULT_MOST: Final = 2
DEFAULT_TIMEOUT_S: Final = 60.0
_MEMORY_MIB: Final = 384
_RETRY_AFTER_S: Final = 5
# Of no time at all are the fonts that fontTools makes smaller where harfbuzz cannot: else the same
# page is another PDF a second later. https://reproducible-builds.org/docs/source-date-epoch/
_ENVIRONMENT: Final = {"SOURCE_DATE_EPOCH": "0"}
# Of what a process says of its end.
_LOGGED_CHARS: Final = 500


class Printer:
    """The places of one gateway; most is how many PDFs are made at once, one for each key."""

    def __init__(
        self,
        most: int = DEFAULT_MOST,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        memory_mib: int = _MEMORY_MIB,
        program: str = print_pdf.__file__,
    ) -> None:
        self._most = most
        self._timeout_s = timeout_s
        # Isolated: neither variables nor the working directory say what is imported.
        self._command = (
            *(sys.executable, "-I", program),
            *(str(memory_mib), str(max(1, round(timeout_s)))),
        )
        self._served: set[str] = set()

    @property
    def count(self) -> int:
        """How many are being made now."""
        return len(self._served)

    async def pdf_of(self, page: Callable[[], str], *, for_key: str) -> bytes:
        """Return the PDF of a page of HTML, which is built only when there is a place.

        Raises Overloaded when as many are being made as may be, DeadlineExceeded when it took too
        long, and Unavailable when there is no Pango or too little memory.
        """
        with self._place(for_key):
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=_ENVIRONMENT
            )
            try:
                async with asyncio.timeout(self._timeout_s):
                    pdf, told = await process.communicate(page().encode())
            except TimeoutError as error:
                raise DeadlineExceeded(
                    f"The PDF was not ready in {self._timeout_s:g} seconds; report.html tells the "
                    "same"
                ) from error
            finally:
                await _ended(process)
        return _made(process.returncode, pdf, told.decode("utf-8", "replace"))

    @contextmanager
    def _place(self, key: str) -> Iterator[None]:
        if key in self._served:
            raise Overloaded(
                "A PDF is being made for this API key; try again when it is ready",
                retry_after_s=_RETRY_AFTER_S,
            )
        if len(self._served) >= self._most:
            raise Overloaded(
                f"{self._most} PDFs are being made, and no more are; try again in a moment",
                retry_after_s=_RETRY_AFTER_S,
            )
        self._served.add(key)
        try:
            yield
        finally:
            self._served.discard(key)


async def _ended(process: Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _made(code: int | None, pdf: bytes, told: str) -> bytes:
    if code == print_pdf.MADE:
        return pdf
    log.warning("no pdf made", exit_code=code, told=told[-_LOGGED_CHARS:])
    if code == print_pdf.NO_LIBRARY:
        raise Unavailable(
            "PDFs are not made here, for the library Pango is not installed; report.html tells the "
            "same"
        )
    raise Unavailable("The PDF could not be made within its bounds; report.html tells the same")
