"""How much memory a process holds, as the system sees it."""

from pathlib import Path


def peak_bytes(pid: int | None = None) -> int:
    """Return the most memory that a running process, ours by default, has held so far; 0 if gone.

    By the system's own mark of it: what rusage tells is that of the parent too, until exec.
    """
    try:
        status = Path(f"/proc/{pid or 'self'}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    mark = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0")
    return int(mark.split()[1]) * 1024
