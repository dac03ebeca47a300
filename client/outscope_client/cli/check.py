"""outscope check: create checks, show how far they are, and report what came of them."""

from typing import Any, Optional

import typer
from rich.text import Text

from outscope_client.cli.checking import Job, Result, joint_jobs_for, results_of
from outscope_client.cli.endings import MET, REFUSED, UNDECIDED, USAGE, Ended
from outscope_client.cli.gating import reason_of
from outscope_client.cli.progress import A_FEW, shown_progress
from outscope_client.cli.report import report_lines, report_markdown, report_of, verdict_of
from outscope_client.cli.session import Session, out, print_json, print_table, progress_console
from outscope_client.cli.targets import targets_from
from outscope_client.cli.wording import cleaned, counted, in_markdown
from outscope_client.models import Check

NAMES = typer.Argument(None, help="Host names; - for standard input.", show_default=False)
FILE = typer.Option(None, "--file", "-f", help="A file of names, one a line, # for comments.")
PLACES = typer.Option(None, "--from", help="A vantage point; give it again for more.")
JOINT_PLACES = typer.Option(
    None,
    "--from",
    help="A vantage point, a tag such as continent:eu, or all; again for more, compared.",
)
QUORUM = typer.Option(
    None, "--quorum", help="Of several places: majority (the default), any or all.", metavar="HOW"
)
PORTS = typer.Option(None, "--port", help="A TCP port; give it again for more.")
PATHS = typer.Option(None, "--path", help="An HTTP path; give it again for more.")
TIMEOUT = typer.Option(300.0, "--timeout", help="Seconds to wait for each check.", min=1)
_ENDINGS = (USAGE, REFUSED, UNDECIDED)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(  # noqa: PLR0913, PLR0917 - one parameter for each option
    context: typer.Context,
    names: Optional[list[str]] = NAMES,
    file: Optional[str] = FILE,
    places: Optional[list[str]] = JOINT_PLACES,
    quorum: Optional[str] = QUORUM,
    ports: Optional[list[int]] = PORTS,
    paths: Optional[list[str]] = PATHS,
    sample: bool = typer.Option(False, "--sample", help="Keep what each path answers."),
    as_json: bool = typer.Option(False, "--json", help="Print what the API answers."),
    markdown: bool = typer.Option(False, "--markdown", help="Print the report in Markdown."),
    timeout: float = TIMEOUT,
) -> None:
    """Check names, and report: the verdict first, why, what to do, and what was seen.

    From several places a name is checked once, and the report says in what they disagree.

    Exit codes: 0 every check was carried out, 2 one could not be, 3 wrongly asked, 4 refused by
    policy.
    """
    session: Session = context.obj
    options = asked_options(ports, paths, sample=sample)
    if quorum:
        options["quorum"] = quorum
    jobs = joint_jobs_for(targets_from(names or [], file), places or [], options)
    results = carried_out(session, jobs, timeout)
    if as_json:
        objects = [result.as_object() for result in results]
        print_json(objects[0] if len(objects) == 1 else objects)
    elif len(results) == 1 and results[0].check is not None:
        print_report(results[0].check, markdown=markdown)
    else:
        _print_summary(results, markdown=markdown)
    endings = {result.ending for result in results}
    raise Ended(next((ending for ending in _ENDINGS if ending in endings), MET))


def asked_options(
    ports: Optional[list[int]], paths: Optional[list[str]], *, sample: bool = False
) -> dict[str, Any]:
    """Return the fields of a check that options stand for."""
    options: dict[str, Any] = {}
    if ports:
        options["ports"] = tuple(ports)
    if paths:
        options["paths"] = tuple(paths)
    if sample:
        options["include_content_sample"] = True
    return options


def carried_out(session: Session, jobs: list[Job], timeout_s: float) -> list[Result]:
    """Carry out jobs with progress for whoever looks."""
    console = progress_console()
    live = console.is_terminal and len(jobs) <= A_FEW
    with session.client() as client, shown_progress(jobs, console) as told:
        return results_of(client, jobs, timeout_s, told, live=live)


def print_report(check: Check, *, markdown: bool = False) -> None:
    """Print the report of one check."""
    report = report_of(check)
    if markdown:
        typer.echo(report_markdown(report), nl=False)
        return
    console = out()
    for style, line in report_lines(report):
        console.print(Text(line, style=style))


def _print_summary(results: list[Result], *, markdown: bool) -> None:
    rows = [_row(result) for result in results]
    heads = ["name", "from", "verdict", "id"]
    if markdown:
        lines = [heads, ["---"] * len(heads), *([in_markdown(one) for one in row] for row in rows)]
        typer.echo("\n".join(f"| {' | '.join(line)} |" for line in lines))
        return
    print_table(heads, rows)
    done = sum(result.ending == MET for result in results)
    analyzable = sum(
        bool(result.check and (result.check.get("analysis") or {}).get("analyzable"))
        for result in results
    )
    out().print(f"\n{counted(len(results), 'check')}: {done} carried out, {analyzable} analyzable")


def _row(result: Result) -> list[str]:
    check = result.check
    name, place = cleaned(result.job.target.fqdn), cleaned(result.job.place or "-")
    if check is None:
        return [name, place, reason_of(result), "-"]
    return [name, cleaned(check.get("vantage_point") or place), verdict_of(check), check["id"]]
