"""Makes a PDF of one page of HTML: a program of its own, run by the printer for each page.

Law: it opens no address and writes no file, and ends by itself when it has used up its time or its
memory. It is run by path, knows nothing of ours, and WeasyPrint is imported here and nowhere else.
Reads HTML from standard input, writes the PDF to standard output; its exit code says what came of
it.
"""

import resource
import sys
from typing import Final

MADE: Final = 0
NO_LIBRARY: Final = 3
NO_MEMORY: Final = 4

_MIB: Final = 1024 * 1024


def main(arguments: list[str]) -> int:
    """Print one page; arguments: the most memory in MiB, the most processor time in seconds."""
    memory_mib, cpu_s = map(int, arguments)
    _bind(memory_mib * _MIB, cpu_s)
    try:
        return _printed(sys.stdin.buffer.read())
    except MemoryError:
        return NO_MEMORY


def _bind(memory_bytes: int, cpu_s: int) -> None:
    for bound, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(bound)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(bound, (least, least))


def _printed(page: bytes) -> int:
    try:
        import weasyprint  # noqa: PLC0415 - loads Pango, which a machine may lack
        from weasyprint.urls import URLFetcher  # noqa: PLC0415 - as above
    except (ImportError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return NO_LIBRARY
    # No protocol at all: not even file: and data:.
    nothing = URLFetcher(allowed_protocols=())
    document = weasyprint.HTML(string=page.decode(), url_fetcher=nothing)
    sys.stdout.buffer.write(document.write_pdf(pdf_tags=True))
    sys.stdout.buffer.flush()
    return MADE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
