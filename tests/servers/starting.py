"""Starts a server in a folder of its own on a loopback address of its own, and stops all of it.

Law: whatever is started is in a process group of its own, which is ended with the context.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.servers.programs import NODE, environment, places
from tests.servers.server import Server
from tests.targets.certificates import Authority
from tests.targets.serve import own_address

# Of an idle machine they take a tenth.
SETUP_S: Final = 180.0
READY_S: Final = 120.0
_STOP_S: Final = 3.0
_POLL_S: Final = 0.1
_ANSWER_S: Final = 2.0
_NAME: Final = re.compile(r"@([a-z0-9_]+)@")
_LAST_WORDS: Final = 1500


class StartError(Exception):
    """A server that did not come up; the message has its last words."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """A server that answers."""

    address: str
    # In the order of the server's ports.
    ports: tuple[int, ...]


@asynccontextmanager
async def started(server: Server, authority: Authority) -> AsyncIterator[Started]:
    """Yield the server once it answers; raise StartError when it does not."""
    address = own_address()
    ports = {name: _free_port(address) for name in server.ports}
    with tempfile.TemporaryDirectory(prefix="outscope-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        values = _values(server, folder, address, ports)
        _lay_out(server, folder, values, authority)
        own = environment(server, folder)
        for command in server.setup:
            await _set_up(_filled(command, values), folder, own)
        async with _running(_filled(server.command, values), folder, own) as process:
            await _ready(server, process, address, ports, folder)
            yield Started(address=address, ports=tuple(ports.values()))


def _values(server: Server, folder: Path, address: str, ports: Mapping[str, int]) -> dict[str, str]:
    return {
        **places(),
        "host": address,
        "name": server.fqdn,
        "folder": str(folder),
        "certificate": str(folder / "certificate.pem"),
        "key": str(folder / "key.pem"),
        **{name: str(port) for name, port in ports.items()},
    }


def _lay_out(server: Server, folder: Path, values: Mapping[str, str], authority: Authority) -> None:
    """Put the server's own files and a certificate for its name into the folder."""
    # Servers that give up root's rights read it too.
    folder.chmod(0o755)
    shutil.copytree(server.folder, folder, dirs_exist_ok=True)
    for name in server.templates:
        file = folder / name
        file.write_text(_replaced(file.read_text("utf-8"), values), "utf-8")
    if server.source == "npm":
        (folder / "node_modules").symlink_to(NODE / "node_modules")
    issued = authority.leaf(server.fqdn)
    (folder / "certificate.pem").write_bytes(issued.pem)
    (folder / "key.pem").write_bytes(issued.key_pem)


def _filled(command: Sequence[str], values: Mapping[str, str]) -> list[str]:
    return [_replaced(part, values) for part in command]


def _replaced(text: str, values: Mapping[str, str]) -> str:
    """Replace @name@ where the name is one of ours; all else stays."""
    return _NAME.sub(lambda found: values.get(found[1], found[0]), text)


async def _set_up(command: Sequence[str], folder: Path, own: Mapping[str, str]) -> None:
    async with _running(command, folder, own) as process:
        try:
            code = await asyncio.wait_for(process.wait(), SETUP_S)
        except TimeoutError:
            code = None
    if code != 0:
        raise StartError(f"{command[0]} ended with {code}: {_last_words(folder)}")


@asynccontextmanager
async def _running(
    command: Sequence[str], folder: Path, own: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command as the first of a process group; end the group with the context."""
    with (folder / "output.log").open("ab") as output:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env=dict(own),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            raise StartError(f"{command[0]}: {error}") from error
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STOP_S)


async def _ready(
    server: Server,
    process: asyncio.subprocess.Process,
    address: str,
    ports: Mapping[str, int],
    folder: Path,
) -> None:
    waiting = dict(ports)
    try:
        async with asyncio.timeout(READY_S):
            while waiting:
                if process.returncode is not None:
                    break
                for name, port in tuple(waiting.items()):
                    if await _is_ready(server, address, port):
                        del waiting[name]
                await asyncio.sleep(_POLL_S if waiting else 0)
    except TimeoutError:
        pass
    if waiting:
        raise StartError(f"{server} did not answer: {_last_words(folder)}")


async def _is_ready(server: Server, address: str, port: int) -> bool:
    """Tell whether a port takes connections, and answers where the server speaks HTTP."""
    if not server.speaks_http:
        return await _first_line(address, port, None, None) is not None
    for context in (None, _anybody()):
        line = await _first_line(address, port, server.ready or "/", context)
        if line is not None and line.startswith(b"HTTP/"):
            return server.ready is None or line.split()[1:2] != [b"503"]
    return False


def _anybody() -> ssl.SSLContext:
    """Return what speaks TLS with any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _first_line(
    address: str, port: int, path: str | None, context: ssl.SSLContext | None
) -> bytes | None:
    """Return the first line of an answer, nothing without a path; None without a connection."""
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_connection(address, port, ssl=context)
            try:
                if path is None:
                    return b""
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
                return await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return None


def _last_words(folder: Path) -> str:
    return (folder / "output.log").read_text("utf-8", "replace")[-_LAST_WORDS:]


def _free_port(address: str) -> int:
    with socket.socket() as holder:
        holder.bind((address, 0))
        port: int = holder.getsockname()[1]
    return port
