import os
import signal
import subprocess
import sys
from pathlib import Path

from deploy.local.leash import leashed
from tests.integration.deploy.local.conftest import is_alive, until

PARENT = """
import subprocess, sys, time
sys.path.insert(0, {root!r})
from deploy.local.leash import leashed
child = subprocess.Popen(leashed(["sleep", "60"], 9), start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_the_program_dies_with_its_parent_killed(repository: Path) -> None:
    script = PARENT.format(root=str(repository))
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    until(lambda: not is_alive(child), "the child is gone")


def test_the_program_keeps_the_process_id_and_its_exit_code() -> None:
    command = leashed(["sh", "-c", "echo $$; exit 7"], signal.SIGKILL)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert int(process.stdout.read()) == process.pid
    assert process.returncode == 7


def test_a_program_whose_parent_died_before_is_not_run() -> None:
    command = leashed(["echo", "run"], signal.SIGKILL)
    command[command.index(str(os.getpid()))] = "1"
    assert subprocess.run(command, capture_output=True, check=False).stdout == b""
