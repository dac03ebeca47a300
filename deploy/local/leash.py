"""Runs a program that dies with the process that started it, however that one ends.

Law: this file runs as a script before the program, imports nothing of ours, and replaces itself
by the program, so the process id stays the same. The kernel sends the signal (prctl(2),
PR_SET_PDEATHSIG); where there is no such call (not Linux) the program runs without a leash.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def leashed(command: list[str], signum: signal.Signals) -> list[str]:
    """Return the command line that runs command so that it receives signum when we die."""
    shim = [sys.executable, "-I", "-S", __file__]
    return [*shim, str(int(signum)), str(os.getpid()), *command]


def _main(signum: int, parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:
            return  # the parent died before the leash was on
    os.execvp(command[0], command)  # noqa: S606 - becoming the program is the purpose


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
