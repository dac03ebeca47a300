"""outscope mcp: a server of the Model Context Protocol, for assistants and other programs."""

import ipaddress
import sys
from typing import Optional

import typer

from outscope_client.cli.endings import USAGE, Ended
from outscope_client.cli.session import Session

_EXTRA = "install its extra: pip install 'outscope-client[mcp]' (Python 3.10 or newer)"
_PARTS = ("mcp", "pydantic", "uvicorn", "starlette")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mcp")(serve)


def serve(
    context: typer.Context,
    http: Optional[str] = typer.Option(
        None,
        "--http",
        help="Serve HTTP at this address, such as 127.0.0.1:8765; else standard input and output.",
    ),
) -> None:
    """Serve tools of the Model Context Protocol: check, wait, explain, list, compare.

    Whoever reaches it checks with your key, so it listens at addresses of this machine only.
    """
    session: Session = context.obj
    listen = None if http is None else _own_address(http)
    try:
        from outscope_client.cli.tools import server_of  # noqa: PLC0415 - an extra of its own
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PARTS:
            raise
        raise Ended(USAGE, _EXTRA) from error
    with session.client() as client:
        server = server_of(client)
        if listen is None:
            server.run("stdio")
            return
        host, port = listen
        sys.stderr.write(f"outscope: serving http://{http}/mcp until Ctrl-C\n")
        server.run("streamable-http", host=host, port=port)


def _own_address(address: str) -> tuple[str, int]:
    """Return host and port of an address of this machine alone."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        is_own = ipaddress.ip_address(host).is_loopback
        number = int(port)
    except ValueError as error:
        raise Ended(
            USAGE, f"--http {address}: an address and a port, as in 127.0.0.1:8765"
        ) from error
    if not is_own:
        raise Ended(
            USAGE,
            f"--http {address}: whoever reaches it uses your key, so it must be an address of this "
            "machine, as in 127.0.0.1:8765; put what authenticates in front of it",
        )
    return host, number
