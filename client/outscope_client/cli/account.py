"""outscope regions, usage, login and doctor: the account, and whether all is set up."""

import sys
from typing import Optional

import typer
from rich.text import Text

from outscope_client.cli.endings import MET, UNDECIDED, USAGE, Ended, ended_by
from outscope_client.cli.profile import Profile, is_private, store_profile
from outscope_client.cli.session import Session, out, print_json, print_table
from outscope_client.cli.wording import cleaned
from outscope_client.client import Client
from outscope_client.errors import ConfigurationError, OutScopeError, UnauthorizedError
from outscope_client.settings import KEY_VARIABLE, checked_url

JSON = typer.Option(False, "--json", help="Print what the API answers.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (regions, usage, login, doctor):
        app.command(command.__name__)(command)


def regions(context: typer.Context, as_json: bool = JSON) -> None:
    """List the vantage points, the default one first."""
    session: Session = context.obj
    with session.client() as client:
        points = client.vantage_points.list()
    if as_json:
        print_json(points)
        return
    rows = [
        [
            cleaned(one["name"]),
            f"{one['fit_probers']} of {one['live_probers']}",
            str(one["queue"]),
            "-" if one["typical_wait_s"] is None else f"{one['typical_wait_s']:.1f} s",
            "yes" if one["has_ipv6"] else "no",
            "; ".join(cleaned(fault["reason"]) for fault in one["faults"]),
        ]
        for one in points["data"]
    ]
    print_table(["name", "fit probers", "queue", "typical wait", "IPv6", "faults"], rows)


def usage(context: typer.Context, as_json: bool = JSON) -> None:
    """Tell what is used and left of each limit."""
    session: Session = context.obj
    with session.client() as client:
        used = client.usage.get()
    if as_json:
        print_json(used)
        return
    columns = ("used", "limit", "remaining", "reset_at")
    rows = [
        [name.replace("_", " "), *(_or_dash(one.get(column)) for column in columns)]
        for name, one in used.items()
        if isinstance(one, dict) and "used" in one
    ]
    print_table(["limit", "used", "of", "left", "all left again"], rows)
    for one in (used.get("webhooks") or {}).get("disabled", ()):
        told = f"{one['id']} is disabled ({one['disabled_reason']}) since {one['disabled_at']}"
        out().print(Text(f"webhook {cleaned(told)}"))


def _or_dash(value: object) -> str:
    return "-" if value is None else cleaned(value)


def login(
    context: typer.Context,
    url: Optional[str] = typer.Option(None, "--url", help="The server."),
    check: bool = typer.Option(True, "--check/--no-check", help="Try the key before storing it."),
) -> None:
    """Store the server and a key; the key is asked for, or read from standard input."""
    session: Session = context.obj
    profile = session.profile()
    try:
        address = checked_url(url or profile.url)
    except ConfigurationError as error:
        raise Ended(USAGE, str(error)) from error
    if sys.stdin.isatty():
        key = typer.prompt(f"API key for {address}", hide_input=True)
    else:
        key = sys.stdin.readline()
    key = key.strip()
    try:
        with Client(key, url=address, max_retries=1) as client:
            if check:
                client.usage.get()
    except OutScopeError as error:
        raise ended_by(error) from error
    try:
        store_profile(session.file, address, key)
    except OSError as error:
        raise Ended(UNDECIDED, f"{session.file} cannot be written: {error}") from error
    out().print(Text(f"Stored in {session.file}, for {address}."))


def doctor(context: typer.Context) -> None:
    """Check that all is set up, and tell the remedy where it is not.

    Exit codes: 0 it is, 2 something is amiss.
    """
    session: Session = context.obj
    findings = _examined(session)
    console = out()
    for is_well, finding, remedy in findings:
        mark = Text("ok   ", style="green") if is_well else Text("AMISS", style="red")
        console.print(mark + Text(f"  {cleaned(finding)}"))
        if not is_well:
            console.print(Text(f"       {cleaned(remedy)}"))
    raise Ended(MET if all(is_well for is_well, _, _ in findings) else UNDECIDED)


def _keyless(session: Session, profile: Profile) -> tuple[bool, str, str]:
    if not profile.stored_for:
        return (
            False,
            "There is no API key",
            (
                f"Run outscope login --url {profile.url} with a key of that server, or with the "
                "address of your own."
            ),
        )
    found = f"The key in {session.file} is for {profile.stored_for}, and sent to no other server"
    remedy = (
        f"For this one run outscope login --url {profile.url}, or set {KEY_VARIABLE}; to call "
        f"{profile.stored_for}, leave out {profile.url_from}."
    )
    return False, found, remedy


def _examined(session: Session) -> list[tuple[bool, str, str]]:
    """Return what was looked at: whether it is well, what was found, and the remedy."""
    profile = session.profile()
    findings = [(True, f"The server is {profile.url} (from {profile.url_from})", "")]
    if session.file.exists():
        told = f"{session.file} can be read by you alone"
        findings.append((is_private(session.file), told, f"chmod 600 {session.file}"))
    if not profile.api_key:
        return [*findings, _keyless(session, profile)]
    findings.append((True, f"The API key is from {profile.key_from}", ""))
    try:
        with Client(profile.api_key, url=profile.url, max_retries=1, timeout=10) as client:
            client.usage.get()
            findings.append((True, "The server takes the key", ""))
            points = client.vantage_points.list()["data"]
    except UnauthorizedError as error:
        return [*findings, (False, error.message, "Ask for a new key, and run outscope login.")]
    except OutScopeError as error:
        remedy = "Is the address right, and is the server up? outscope --url tries another."
        return [*findings, (False, str(error), remedy)]
    for point in points:
        is_fit = point["fit_probers"] > 0
        told = f"{point['name']}: fit probers: {point['fit_probers']} of {point['live_probers']}"
        remedy = "Checks from there wait; use --from for another, or tell the operator."
        findings.append((is_fit, told, remedy))
    return findings
