"""Lets Postgres run as root or as a uid without a name, which it refuses, without making a user.

Law: nothing outside the data folder changes its owner or its permissions. Inside a user
namespace we are shown as an ordinary user and stay who we are outside, so a clone under a home
directory that others cannot read stays readable. Where root may have no namespaces, setpriv becomes
an unprivileged uid that keeps one capability, reading files as root does; then the folder must
belong to that uid.
"""

import functools
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from deploy.local.program import LaunchError

_UNPRIVILEGED_ID = 65534  # nobody and nogroup nearly everywhere; needs no entry in /etc/passwd
_USUAL_ID = 1000
_NAMESPACE = ["unshare", "--user", f"--map-group={_USUAL_ID}"]
_SETPRIV = [
    "setpriv",
    f"--reuid={_UNPRIVILEGED_ID}",
    f"--regid={_UNPRIVILEGED_ID}",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
]


class PrivilegeError(LaunchError):
    """We cannot run a program as an ordinary user."""


def as_ordinary_user(command: list[str]) -> list[str]:
    """Return the command line that runs command as a user with a name, not root; pid kept."""
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
    if _is_ordinary(os.geteuid()):
        return []
    if _works(shown := [*_NAMESPACE, f"--map-user={_ordinary_id()}"]):
        return shown
    if os.geteuid() != 0:
        raise PrivilegeError(
            f"Postgres runs as a user with a name only; uid {os.geteuid()} has none, and unshare "
            "cannot lend it one here: add the user, or point DATABASE_URL at a running server"
        )
    if _works(_SETPRIV):
        return _SETPRIV
    raise PrivilegeError(
        "Postgres does not run as root, and neither unshare nor setpriv can drop root here: "
        "run as an ordinary user, or point DATABASE_URL at a running server"
    )


def _ordinary_id() -> int:
    """Return 1000, or where that is nobody, the uid of somebody: initdb asks for the name."""
    if _is_ordinary(_USUAL_ID):
        return _USUAL_ID
    return next((user.pw_uid for user in pwd.getpwall() if user.pw_uid != 0), _USUAL_ID)


def _is_ordinary(uid: int) -> bool:
    try:
        return uid != 0 and bool(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return False


def _works(prefix: list[str]) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
