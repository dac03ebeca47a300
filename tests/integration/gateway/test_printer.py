import asyncio
import os
import re
from pathlib import Path

import pytest

from outscope.errors import DeadlineExceeded, Overloaded, Unavailable
from services.gateway import print_pdf
from services.gateway.printer import Printer
from tests.pango import content_of, needs_pango

# Writes its process id to where the page says, and is in no hurry.
SLOW = """
import os, pathlib, sys, time
pathlib.Path(sys.stdin.read()).write_text(str(os.getpid()))
time.sleep(60)
"""
LIBRARYLESS = f"""
import runpy, sys
sys.modules["weasyprint"] = None
runpy.run_path({print_pdf.__file__!r}, run_name="__main__")
"""


def program(folder: Path, source: str) -> str:
    file = folder / "program.py"
    file.write_text(source)
    return str(file)


async def pid_in(file: Path) -> int:
    async with asyncio.timeout(20):
        while not (told := written_in(file)):
            await asyncio.sleep(0.02)
    return int(told)


def written_in(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@needs_pango
async def test_a_page_becomes_a_pdf() -> None:
    printer = Printer()
    pdf = await printer.pdf_of(lambda: "<title>Ünï</title><p>text", for_key="a")
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert printer.count == 0


@needs_pango
async def test_the_same_page_is_the_same_pdf_a_second_later() -> None:
    first = await Printer().pdf_of(lambda: "<p>text", for_key="a")
    await asyncio.sleep(1.1)
    assert await Printer().pdf_of(lambda: "<p>text", for_key="a") == first


@needs_pango
async def test_nothing_that_a_page_names_is_opened(tmp_path: Path) -> None:
    """What would be fetched is one of our own sockets, and a file that is there."""
    asked: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        asked.append("connected")
        writer.close()

    picture = tmp_path / "picture.svg"
    picture.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>secret</text></svg>'
    )
    async with await asyncio.start_server(note, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        page = (
            f"<link rel=stylesheet href={url}/a.css><link rel=attachment href={picture.as_uri()}>"
            f"<style>@import '{url}/b.css'; p {{ background: url({url}/c) }}</style>"
            f"<base href={url}><p>shown<img src={url}/d alt=left-out><img src={picture.as_uri()}>"
            f"<object data={url}/e></object><iframe src={url}/g></iframe><script src={url}/h>"
        )
        pdf = await Printer().pdf_of(lambda: page, for_key="a")
    assert pdf.startswith(b"%PDF-")
    assert asked == []
    content = content_of(pdf)
    assert b"/Page" in content
    assert re.findall(rb"/(?:EmbeddedFiles?|JavaScript|JS|Launch|Image)\b", content) == []


async def test_without_the_library_it_is_refused_with_the_reason(tmp_path: Path) -> None:
    printer = Printer(program=program(tmp_path, LIBRARYLESS))
    with pytest.raises(Unavailable, match="Pango is not installed"):
        await printer.pdf_of(lambda: "<p>x", for_key="a")
    assert printer.count == 0


async def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    printer = Printer(timeout_s=2, program=program(tmp_path, SLOW))
    page = tmp_path / "pid"
    with pytest.raises(DeadlineExceeded, match="not ready in 2 seconds"):
        await printer.pdf_of(lambda: str(page), for_key="a")
    assert not is_running(await pid_in(page))


async def test_a_process_ends_with_who_waited_for_it(tmp_path: Path) -> None:
    printer = Printer(program=program(tmp_path, SLOW))
    page = tmp_path / "pid"
    waiting = asyncio.create_task(printer.pdf_of(lambda: str(page), for_key="a"))
    pid = await pid_in(page)
    assert is_running(pid)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert not is_running(pid)
    assert printer.count == 0


async def test_a_page_that_needs_too_much_memory_is_refused() -> None:
    printer = Printer(memory_mib=128)
    with pytest.raises(Unavailable, match="within its bounds"):
        await printer.pdf_of(lambda: "x" * 128 * 1024 * 1024, for_key="a")


async def test_one_is_made_for_a_key_and_so_many_for_all(tmp_path: Path) -> None:
    printer = Printer(2, program=program(tmp_path, SLOW))
    files = [tmp_path / "a", tmp_path / "b"]
    waiting = [
        asyncio.create_task(printer.pdf_of(file.as_posix, for_key=file.name)) for file in files
    ]
    for file in files:
        await pid_in(file)
    built: list[str] = []

    def page() -> str:
        built.append("built")
        return ""

    with pytest.raises(Overloaded, match="for this API key") as own:
        await printer.pdf_of(page, for_key="a")
    with pytest.raises(Overloaded, match="2 PDFs are being made") as all_of_them:
        await printer.pdf_of(page, for_key="c")
    assert built == []
    assert own.value.details["retry_after_s"] == all_of_them.value.details["retry_after_s"] == 5
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert printer.count == 0
