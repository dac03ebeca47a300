"""The command line: what stands before every command, and the commands."""

# Without the future import: typer reads the types of commands, on Python 3.9 too.

import sys
import traceback
from typing import Optional

import typer

from outscope_client.cli import account, check, gate, mcp, probe, reading, webhooks
from outscope_client.cli.endings import MET, UNDECIDED, USAGE, Ended
from outscope_client.cli.session import Session
from outscope_client.cli.wording import cleaned_lines
from outscope_client.version import __version__

app = typer.Typer(
    name="outscope",
    help="What the outside world sees of your services, and whether a scanner can work with it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
# What typer ends with when a command is wrongly written.
_MISUSED = 2


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"outscope {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    url: Optional[str] = typer.Option(None, "--url", help="The server; else OUTSCOPE_URL, login."),
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Take what holds for every command; keys are no options, for others can see those."""
    del version
    context.obj = Session(url=url)


check.register(app)
probe.register(app)
gate.register(app)
reading.register(app)
account.register(app)
mcp.register(app)
app.add_typer(webhooks.app, name="webhooks")


def run() -> None:
    """Run the command line and exit with its code."""
    sys.exit(exit_code())


def exit_code() -> int:
    """Run the command line; its exit code. What nobody thought of decides nothing."""
    try:
        app(prog_name="outscope")
    except Ended as ended:
        if ended.message:
            sys.stderr.write(cleaned_lines(f"outscope: {ended.message}") + "\n")
        return ended.code
    except BrokenPipeError:  # whoever reads has seen enough
        sys.stderr.close()
        return MET
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
        return USAGE if code == _MISUSED else code
    except Exception:  # noqa: BLE001 - Python would end with 1, which says that a gate is not met
        sys.stderr.write(cleaned_lines(traceback.format_exc()))
        return UNDECIDED
    return MET
