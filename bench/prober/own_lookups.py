"""Has a peer look names up at the targets' DNS server, though it cannot be told one.

It runs in a mount namespace of its own, where /etc/resolv.conf is a file that names that server;
nothing outside of its process sees that. Whether this can be had (by root, with the server on port
53, where the system resolves by DNS) shows in looking up a name that only that server knows.
"""

from pathlib import Path
from typing import Final

from bench.children import OTHER_CORES, finished
from bench.targets.serving import Targets

_DNS_PORT: Final = 53
_BOUND: Final = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'


async def lookups_at(targets: Targets, folder: Path) -> tuple[str, ...]:
    """Return what before a command has it look names up there; empty where that cannot be had."""
    host, port = targets.resolver
    if port != _DNS_PORT:
        return ()
    config = folder / "resolv.conf"
    config.write_text(f"nameserver {host}\n")
    prefix = ("unshare", "--mount", "sh", "-c", _BOUND, str(config))
    name, address = next(iter(targets.names.items()))
    try:
        found = await finished([*prefix, "getent", "ahostsv4", name], cores=OTHER_CORES)
    except (OSError, RuntimeError):  # a program is not here, or one of them may not do it
        return ()
    return prefix if found.stdout.startswith(address.encode() + b" ") else ()
