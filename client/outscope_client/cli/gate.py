"""outscope gate: a pipeline goes on when what is required is met, and stops when it is not."""

import json
from pathlib import Path
from typing import Optional

import typer
from rich.text import Text

from outscope_client.cli.check import PATHS, PLACES, PORTS, TIMEOUT, asked_options, carried_out
from outscope_client.cli.checking import Job, Result, jobs_for
from outscope_client.cli.condition import condition_from
from outscope_client.cli.endings import MET, NOT_MET, REFUSED, UNDECIDED, USAGE, Ended
from outscope_client.cli.gating import Finding, Rule, ending_of, findings_of
from outscope_client.cli.junit import junit_xml
from outscope_client.cli.sarif import sarif_log
from outscope_client.cli.session import Session, out
from outscope_client.cli.targets import targets_from
from outscope_client.cli.wording import cleaned

_WORDS = {
    MET: ("met", "green"),
    NOT_MET: ("NOT MET", "red"),
    UNDECIDED: ("undecided", "yellow"),
    USAGE: ("wrongly asked", "yellow"),
    REFUSED: ("refused", "yellow"),
}
_SUMS = {
    MET: "The gate is met.",
    NOT_MET: "The gate is not met.",
    UNDECIDED: "The gate could not be decided.",
    USAGE: "The gate was wrongly asked; the lines above say what for.",
    REFUSED: "A target was refused by policy.",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("gate")(gate)


def gate(  # noqa: PLR0913, PLR0917 - one parameter for each option
    context: typer.Context,
    names: Optional[list[str]] = typer.Argument(None, help="Host names.", show_default=False),
    targets: Optional[str] = typer.Option(None, "--targets", help="A file of names, - for stdin."),
    require: Optional[list[str]] = typer.Option(None, "--require", help="What must be so."),
    forbid: Optional[list[str]] = typer.Option(None, "--forbid", help="What must not be so."),
    junit: Optional[Path] = typer.Option(None, "--junit", help="Write JUnit XML here."),
    sarif: Optional[Path] = typer.Option(None, "--sarif", help="Write SARIF here."),
    places: Optional[list[str]] = PLACES,
    ports: Optional[list[int]] = PORTS,
    paths: Optional[list[str]] = PATHS,
    timeout: float = TIMEOUT,
) -> None:
    """Check names and hold them to conditions, such as analyzable or tls.days_left>=14.

    Exit codes: 0 met, 1 not met, 2 could not be decided, 3 wrongly asked, 4 refused by policy.
    """
    session: Session = context.obj
    rules = [Rule(condition_from(text)) for text in require or []]
    rules += [Rule(condition_from(text), is_forbidden=True) for text in forbid or []]
    if not rules:
        raise Ended(USAGE, "A gate needs a condition: --require analyzable, for example")
    jobs = jobs_for(targets_from(names or [], targets), places or [], asked_options(ports, paths))
    findings = findings_of(_results(session, jobs, timeout), rules)
    _write_reports(findings, junit, sarif)
    _print(findings)
    raise Ended(ending_of(findings))


def _results(session: Session, jobs: list[Job], timeout_s: float) -> list[Result]:
    """Carry out the jobs; when nothing can be, that is the result of each."""
    try:
        return carried_out(session, jobs, timeout_s)
    except Ended as ended:
        code = "invalid_request" if ended.code == USAGE else "not_asked"
        return [Result(job, problem=ended.message, problem_code=code) for job in jobs]


def _write_reports(findings: list[Finding], junit: Optional[Path], sarif: Optional[Path]) -> None:
    try:
        if junit:
            junit.write_text(junit_xml(findings) + "\n", "utf-8")
        if sarif:
            log = json.dumps(sarif_log(findings), indent=2, ensure_ascii=False)
            sarif.write_text(log + "\n", "utf-8")
    except OSError as error:
        raise Ended(USAGE, f"The report cannot be written: {error}") from error


def _print(findings: list[Finding]) -> None:
    console = out()
    for finding in findings:
        word, style = _WORDS[finding.ending]
        job = finding.result.job
        name = cleaned(job.target.fqdn + (f" from {job.place}" if job.place else ""))
        rest = f"  {name}  {cleaned(finding.rule.name)}: {cleaned(finding.message)}"
        console.print(Text(f"{word:<13}", style=style) + Text(rest))
    console.print(Text(_SUMS[ending_of(findings)], style="bold"))
