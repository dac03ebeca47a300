"""outscope probe: one check in a process of this machine, without a server, for trying it out.

What observes and judges is the prober itself, which is no part of the client: it is looked for
beside it, or in a clone of the server.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

import typer
from rich.text import Text

from outscope_client.cli.check import PATHS, PORTS, print_report
from outscope_client.cli.checking import Job, Result
from outscope_client.cli.endings import UNDECIDED, USAGE, Ended
from outscope_client.cli.session import out, print_json
from outscope_client.cli.targets import Target
from outscope_client.cli.wording import cleaned, cleaned_lines
from outscope_client.models import Check

HOME = "OUTSCOPE_HOME"
_MODULE = "services.prober"
_MAIN = Path("services/prober/__main__.py")
# As long as a check can take, and what it takes to start.
_PATIENCE_S = 90
_NOTE = (
    "Seen from this machine and not from a vantage point: a firewall, a VPN or a split DNS of "
    "yours may show what nobody outside sees."
)
_MISSING = (
    "the prober is not here: clone OutScope, run make setup there, and run this in the clone or "
    f"set {HOME} to it"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("probe")(probe)


def probe(
    name: str = typer.Argument(..., help="A host name."),
    ports: Optional[list[int]] = PORTS,
    paths: Optional[list[str]] = PATHS,
    sample: bool = typer.Option(False, "--sample", help="Keep what each path answers."),
    allow_net: Optional[list[str]] = typer.Option(
        None, "--allow-net", help="An inner range that may be reached, such as 10.1.0.0/16."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the check as the API has it."),
    markdown: bool = typer.Option(False, "--markdown", help="Print the report in Markdown."),
) -> None:
    """Check a name once from this machine, without a server.

    Exit codes: 0 the check was carried out, 2 it could not be, 3 wrongly asked, 4 refused by
    policy.
    """
    asked = [f"--port={port}" for port in ports or []] + [f"--path={path}" for path in paths or []]
    asked += ["--sample"] if sample else []
    check = _probed([*asked, "--", name], allow_net or [])
    if as_json:
        print_json(check)
    else:
        print_report(check, markdown=markdown)
        note = Text(f"  {'note':<9} {_NOTE}")
        typer.echo(f"\n{_NOTE}") if markdown else out().print(Text("\n") + note)
    raise Ended(Result(Job(Target(cleaned(name))), check=check).ending)


def _probed(asked: list[str], allow_net: list[str]) -> Check:
    """Run the prober and return the check that it prints."""
    python, home = _prober(Path.cwd())
    environment = dict(os.environ)
    if allow_net:
        told = [environment.get("OUTSCOPE_ALLOW_NET", ""), *allow_net]
        environment["OUTSCOPE_ALLOW_NET"] = ",".join(filter(None, told))
    try:
        ran = subprocess.run(  # noqa: S603 - our own prober, and no shell
            [python, "-m", _MODULE, *asked],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Ended(UNDECIDED, f"the prober did not answer: {error}") from error
    said = cleaned_lines(ran.stderr.strip())
    if ran.returncode == USAGE:
        raise Ended(USAGE, said)
    try:
        found: dict[str, Any] = json.loads(ran.stdout)
    except ValueError as error:
        raise Ended(UNDECIDED, said or "the prober ended without an answer") from error
    return Check(found)


def _prober(here: Path) -> tuple[str, Optional[Path]]:
    """Return which Python has the prober, and the folder to run it in."""
    named = os.environ.get(HOME)
    if named is None and importlib.util.find_spec("services") is not None:
        return sys.executable, None
    for folder in [Path(named)] if named else [here, *here.parents]:
        python = folder / ".venv/bin/python"
        if (folder / _MAIN).is_file() and python.is_file():
            return str(python), folder
    raise Ended(USAGE, _MISSING)
