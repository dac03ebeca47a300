"""Lets Postgres run when we are root, which it refuses, without making a system user.

Law: nothing outside the data folder changes its owner or its permissions. Inside a user
namespace root is shown as uid 1000 and stays root outside, so a clone under a home directory that
others cannot read stays readable. Where namespaces are forbidden, setpriv becomes an unprivileged
uid that keeps one capability, reading files as root does; then the folder must belong to that uid.
"""

import functools
import os
import shutil
import subprocess
from pathlib import Path

from deploy.local.program import LaunchError

_UNPRIVILEGED_ID = 65534  # nobody and nogroup nearly everywhere; needs no entry in /etc/passwd
_NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
_SETPRIV = [
    "setpriv",
    f"--reuid={_UNPRIVILEGED_ID}",
    f"--regid={_UNPRIVILEGED_ID}",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
]


class PrivilegeError(LaunchError):
    """We are root and can not run a program as anybody else."""


def as_ordinary_user(command: list[str]) -> list[str]:
    """Return the command line that runs command as somebody other than root, process id kept."""
    return [*_drop(), *command]


def own(folder: Path) -> None:
    """Give a data folder and all in it to the user that as_ordinary_user will be."""
    if os.geteuid() != 0:
        return
    owner = _UNPRIVILEGED_ID if _drop() is _SETPRIV else 0
    if folder.stat().st_uid == owner:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner, follow_symlinks=False)


@functools.cache
def _drop() -> list[str]:
    if os.geteuid() != 0:
        return []
    for prefix in (_NAMESPACE, _SETPRIV):
        if shutil.which(prefix[0]) and _works(prefix):
            return prefix
    raise PrivilegeError(
        "Postgres does not run as root, and neither unshare nor setpriv can drop root here: "
        "run as an ordinary user, or point DATABASE_URL at a running server"
    )


def _works(prefix: list[str]) -> bool:
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
