"""The command line as a person or a pipeline runs it: in a real shell, by its name."""

import os
import pty
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.tree import ROOT


@dataclass(frozen=True)
class Ran:
    """What a line of shell came to."""

    code: int
    out: str
    err: str = ""


@dataclass(frozen=True)
class Shell:
    """Runs lines with outscope on the PATH, in a folder of its own."""

    folder: Path
    url: str
    api_key: str

    def environment(self, **changes: str) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "OUTSCOPE_CONFIG": str(self.folder / "login.json"),
            "OUTSCOPE_URL": self.url,
            "OUTSCOPE_API_KEY": self.api_key,
            "LANG": "C.UTF-8",
            **changes,
        }

    def run(self, line: str, stdin: str = "", **changes: str) -> Ran:
        ran = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment(**changes),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def run_at_a_terminal(self, line: str) -> Ran:
        """Run a line whose input, output and errors are one terminal."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment(TERM="xterm-256color", COLUMNS="120"),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        try:
            while select.select([ours], [], [], 60)[0]:
                try:
                    part = os.read(ours, 65536)
                except OSError:  # nobody has the other end any more
                    break
                shown += part
            return Ran(process.wait(30), shown.decode(errors="replace"))
        finally:
            process.kill()
            os.close(ours)


def shell_in(folder: Path, url: str, api_key: str) -> Shell:
    """Put outscope on the PATH of a shell, as installing it does."""
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin/outscope"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT / 'client')!r})\n"
        "from outscope_client.__main__ import run\nrun()\n"
    )
    program.chmod(0o755)
    return Shell(folder, url, api_key)
