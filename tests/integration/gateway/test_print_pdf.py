import subprocess
import sys

from services.gateway import print_pdf
from tests.pango import content_of, needs_pango


def printed(page: bytes, memory_mib: int = 384) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-I", print_pdf.__file__, str(memory_mib), "30"]
    return subprocess.run(command, input=page, capture_output=True, check=False, env={})


@needs_pango
def test_a_page_is_printed_with_its_title() -> None:
    done = printed(b"<html lang=en><title>A report</title><p>text")
    assert (done.returncode, done.stderr) == (print_pdf.MADE, b"")
    assert done.stdout.startswith(b"%PDF-")
    assert b"A report" in content_of(done.stdout)


def test_what_does_not_fit_into_its_memory_ends_it() -> None:
    assert printed(b"x" * 128 * 1024 * 1024, 128).returncode == print_pdf.NO_MEMORY
