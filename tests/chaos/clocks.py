"""Steps the wall clock of one process, by a library that is preloaded into it.

A clock faked in Python alone would differ from the one that gRPC's core reads. It takes a C
compiler; without one no clock is stepped, and the run says so.
"""

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_SOURCE: Final = Path(__file__).with_name("clock.c")
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The steps of the processes that were started with its settings, by process id.

    folder: holds a file for each process. library: None where it could not be built.
    """

    folder: Path
    library: Path | None

    @classmethod
    def built(cls, folder: Path) -> Self:
        """Build the library in a new folder."""
        folder.mkdir()
        compiler = shutil.which("cc")
        if compiler is None:
            return cls(folder=folder, library=None)
        library = folder / "clock.so"
        command = [compiler, "-O2", "-shared", "-fPIC", "-Wall", "-Werror", "-o", str(library)]
        subprocess.run([*command, str(_SOURCE), "-ldl"], check=True)
        return cls(folder=folder, library=library)

    @property
    def settings(self) -> dict[str, str]:
        """Return the environment variables of a process whose clock may be stepped."""
        if self.library is None:
            return {}
        return {"LD_PRELOAD": str(self.library), "OUTSCOPE_CHAOS_CLOCKS": str(self.folder)}

    def step(self, pid: int, seconds: float) -> bool:
        """Let a process read a clock that is this far ahead; tell whether it can be."""
        steps = self.folder / str(pid)
        if not steps.is_file():
            return False
        with steps.open("r+b") as file:  # never cut short: the process has it mapped
            file.write(struct.pack("=q", round(seconds * _SECOND)))
        return True
