"""outscope list, show, watch, explain and compare: what there is of checks already made."""

from itertools import islice
from typing import Optional

import typer

from outscope_client.cli.check import print_report
from outscope_client.cli.checking import Job, Result
from outscope_client.cli.difference import changes_between, shown
from outscope_client.cli.endings import MET, REFUSED, Ended
from outscope_client.cli.progress import stage_of
from outscope_client.cli.session import Session, out, print_json, print_table
from outscope_client.cli.targets import Target
from outscope_client.cli.wording import cleaned, shortened
from outscope_client.client import Client
from outscope_client.models import Check

ID = typer.Argument(help="The id of a check, chk_…, or a name for its latest check.")
JSON = typer.Option(False, "--json", help="Print what the API answers.")
_ID_PREFIX = "chk_"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("list")(list_checks)
    for command in (show, watch, explain, compare):
        app.command(command.__name__)(command)


def list_checks(
    context: typer.Context,
    limit: int = typer.Option(30, "--limit", "-n", help="At most so many.", min=1),
    fqdn: Optional[str] = typer.Option(None, "--name", help="Only checks of this name."),
    status: Optional[str] = typer.Option(
        None, "--status", help="pending, completed, failed or cancelled."
    ),
    as_json: bool = JSON,
) -> None:
    """List checks, newest first."""
    session: Session = context.obj
    with session.client() as client:
        pages = client.checks.iterate(page_size=min(limit, 100), fqdn=fqdn, status=status)
        checks = list(islice(pages, limit))
    if as_json:
        print_json(checks)
        return
    rows = [
        [one["created_at"], cleaned(one["fqdn"]), cleaned(one["status"]), one["id"]]
        for one in checks
    ]
    print_table(["created", "name", "status", "id"], rows)


def show(
    context: typer.Context,
    check_id: str = ID,
    as_json: bool = JSON,
    markdown: bool = typer.Option(False, "--markdown", help="Print the report in Markdown."),
) -> None:
    """Show the report of a check."""
    session: Session = context.obj
    with session.client() as client:
        check = _found(client, check_id)
    if as_json:
        print_json(check)
    else:
        print_report(check, markdown=markdown)


def watch(context: typer.Context, check_id: str = ID, as_json: bool = JSON) -> None:
    """Follow a check, stage by stage, to its end.

    Exit codes: 0 it was carried out, 2 it could not be, 4 it was refused by policy.
    """
    session: Session = context.obj
    console = out()
    with session.client() as client:
        check = _found(client, check_id)
        for event in client.checks.follow(check["id"]):
            if as_json:
                print_json({"event": event.name, "data": event.content})
            elif not event.is_end:
                console.print(stage_of(event), markup=False)
        check = client.checks.get(check["id"])
    if not as_json:
        print_report(check)
    ending = Result(Job(Target(check["fqdn"])), check=check).ending
    raise Ended(ending if ending in {MET, REFUSED} else 2)


def explain(context: typer.Context, check_id: str = ID, as_json: bool = JSON) -> None:
    """Tell which rules decided the verdict of a check, and what each saw."""
    session: Session = context.obj
    with session.client() as client:
        explanation = client.checks.explain(_found(client, check_id)["id"])
    if as_json:
        print_json(explanation)
        return
    told = [one for one in explanation["rules"] if one["role"] != "considered"]
    rows = [
        [one["role"], cleaned(one["rule"]), cleaned(one["where"] or "-"), _message(one)]
        for one in told
    ]
    print_table(["role", "rule", "where", "what it says"], rows)
    silent = len(explanation["rules"]) - len(told)
    out().print(f"\nRules that were asked, too, and saw nothing: {silent}; --json has them.")
    if not explanation["is_current"]:
        out().print("The current rules come to another verdict than this check has.")


def compare(
    context: typer.Context,
    before_id: str = typer.Argument(..., metavar="A", help="The earlier check."),
    after_id: str = typer.Argument(..., metavar="B", help="The later check."),
    as_json: bool = JSON,
) -> None:
    """Tell what changed from one check to another.

    Exit codes: 0 nothing did, 1 something did.
    """
    session: Session = context.obj
    with session.client() as client:
        before, after = _found(client, before_id), _found(client, after_id)
    changes = changes_between(before, after)
    if as_json:
        print_json([vars(change) for change in changes])
    elif changes:
        rows = [
            [cleaned(one.field), shortened(shown(one.before), 60), shortened(shown(one.after), 60)]
            for one in changes
        ]
        print_table(["what", "before", "after"], rows)
    else:
        out().print("Nothing has changed.")
    raise Ended(1 if changes else MET)


def _found(client: Client, told: str) -> Check:
    return client.checks.get(told) if told.startswith(_ID_PREFIX) else client.checks.latest(told)


def _message(rule: dict[str, object]) -> str:
    return shortened(rule["message"], 100)
