"""outscope webhooks: look after endpoints, see what was sent to them, and send it again."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Optional

import typer
from rich.text import Text

from outscope_client.cli.endings import MET, NOT_MET, Ended
from outscope_client.cli.session import Session, out, print_json, print_table
from outscope_client.cli.wording import cleaned, shortened
from outscope_client.models import Delivery

ID = typer.Argument(help="The id of a webhook, whk_….")
DELIVERY = typer.Argument(help="The id of a delivery, dlv_….")
JSON = typer.Option(False, "--json", help="Print what the API answers.")
EVENTS = typer.Option(None, "--event", help="An event, such as check.failed; again for more.")
FQDN = typer.Option(None, "--name", help="Only of checks of this name.")
PLACES = typer.Option(None, "--from", help="Only of checks from here; again for more.")
PAYLOAD = typer.Option(None, "--payload", help="full, or thin: the check's id instead of it.")
DESCRIPTION = typer.Option(None, "--description", help="What you want to read in the list.")
SINCE = typer.Option(..., "--since", help="A moment, such as 2026-01-31T12:00:00Z.")
_USUAL_EVENTS = ("check.completed", "check.failed")
_ANSWER_CHARS = 60
_DELIVERED = "delivered"

app = typer.Typer(help="Be told when checks end.", no_args_is_help=True)


@app.command("create")
def create(  # noqa: PLR0913, PLR0917 - one parameter for each option
    context: typer.Context,
    url: str = typer.Argument(..., help="Where events are sent."),
    events: Optional[list[str]] = EVENTS,
    fqdn: Optional[str] = FQDN,
    places: Optional[list[str]] = PLACES,
    payload: Optional[str] = PAYLOAD,
    description: Optional[str] = DESCRIPTION,
    as_json: bool = JSON,
) -> None:
    """Have events sent to a URL, and show the signing secret.

    Without --event these are check.completed and check.failed.
    """
    options = _given(
        fqdn=fqdn, vantage_points=places or None, payload=payload, description=description
    )
    with _session(context).client() as client:
        made = client.webhooks.create(url, events or _USUAL_EVENTS, **options)
    if as_json:
        print_json(made)
        return
    told = f"{made['id']} sends {', '.join(made['events'])} to {made['url']}"
    _say(told, f"secret  {made['secret']}   (keep it: reading it later is noted)")
    _warn(made)


@app.command("list")
def list_webhooks(context: typer.Context, as_json: bool = JSON) -> None:
    """List the webhooks of the account, newest first."""
    with _session(context).client() as client:
        webhooks = list(client.webhooks.iterate())
    if as_json:
        print_json(webhooks)
        return
    rows = [
        [one["id"], _state_of(one), ", ".join(one["events"]), one["url"], one["description"]]
        for one in webhooks
    ]
    print_table(["id", "state", "events", "url", "description"], rows)


@app.command("show")
def show(context: typer.Context, webhook_id: str = ID, as_json: bool = JSON) -> None:
    """Show a webhook, and whether events are sent."""
    with _session(context).client() as client:
        webhook = client.webhooks.get(webhook_id)
    if as_json:
        print_json(webhook)
        return
    rows = [[name.replace("_", " "), _shown(value)] for name, value in webhook.items()]
    print_table(["field", "value"], rows)


@app.command("update")
def update(  # noqa: PLR0913, PLR0917 - one parameter for each option
    context: typer.Context,
    webhook_id: str = ID,
    url: Optional[str] = typer.Option(None, "--url", help="Where events are sent."),
    events: Optional[list[str]] = EVENTS,
    fqdn: Optional[str] = FQDN,
    every_name: bool = typer.Option(False, "--every-name", help="Of the checks of all names."),
    places: Optional[list[str]] = PLACES,
    everywhere: bool = typer.Option(False, "--from-everywhere", help="Of checks from all."),
    payload: Optional[str] = PAYLOAD,
    description: Optional[str] = DESCRIPTION,
    enabled: Optional[bool] = typer.Option(None, "--enable/--disable", help="Send, or keep."),
    as_json: bool = JSON,
) -> None:
    """Change a webhook; what is not given stays as it is.

    What happens while it is disabled is kept: replay-missing sends it.
    """
    changes = _given(
        url=url,
        events=events or None,
        fqdn=fqdn,
        vantage_points=places or None,
        payload=payload,
        description=description,
        enabled=enabled,
    )
    changes.update({"fqdn": None} if every_name else {})
    changes.update({"vantage_points": []} if everywhere else {})
    with _session(context).client() as client:
        changed = client.webhooks.update(webhook_id, **changes)
    if as_json:
        print_json(changed)
        return
    _say(f"{changed['id']} is {_state_of(changed)}: {', '.join(changed['events'])}")
    _warn(changed)


@app.command("delete")
def delete(
    context: typer.Context,
    webhook_id: str = ID,
    is_sure: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
) -> None:
    """Delete a webhook, with all that was not delivered yet."""
    if not is_sure:
        typer.confirm(f"Delete {cleaned(webhook_id)} and what it was not told yet?", abort=True)
    with _session(context).client() as client:
        client.webhooks.delete(webhook_id)
    _say(f"{webhook_id} is deleted")


@app.command("test")
def send_sample(context: typer.Context, webhook_id: str = ID, as_json: bool = JSON) -> None:
    """Send a signed sample event, and show the answer.

    Exit codes: 0 it was taken, 1 it was not.
    """
    with _session(context).client() as client:
        delivery = client.webhooks.test(webhook_id)
    _print_delivery(delivery, as_json=as_json)
    raise Ended(MET if delivery["status"] == _DELIVERED else NOT_MET)


@app.command("rotate-secret")
def rotate_secret(
    context: typer.Context,
    webhook_id: str = ID,
    overlap_hours: Optional[int] = typer.Option(
        None, "--overlap-hours", help="For how long the old one signs, too; 24, at most 168.", min=0
    ),
    as_json: bool = JSON,
) -> None:
    """Have another secret sign, and show it."""
    with _session(context).client() as client:
        rotated = client.webhooks.rotate_secret(webhook_id, overlap_hours=overlap_hours)
    if as_json:
        print_json(rotated)
        return
    until = rotated["old_secret_signs_until"]
    old = f"until {until} the old one signs, too" if until else "the old one signs no more"
    _say(f"secret  {rotated['secret']}", old)


@app.command("deliveries")
def deliveries(
    context: typer.Context,
    webhook_id: str = ID,
    status: Optional[str] = typer.Option(
        None, "--status", help="pending, delivered, failed or held."
    ),
    limit: int = typer.Option(30, "--limit", "-n", help="At most so many.", min=1),
    as_json: bool = JSON,
) -> None:
    """List what was sent to a webhook, or is to be, newest first."""
    with _session(context).client() as client:
        pages = client.webhooks.iterate_deliveries(
            webhook_id, page_size=min(limit, 100), status=status
        )
        found = list(islice(pages, limit))
    if as_json:
        print_json(found)
        return
    rows = [
        [
            one["event_at"],
            one["event_type"],
            one["status"],
            _outcome_of(one),
            str(one["next_attempt_at"] or "-"),
            one["id"],
        ]
        for one in found
    ]
    print_table(["event at", "event", "status", "last answer", "next attempt", "id"], rows)


@app.command("delivery")
def delivery(
    context: typer.Context,
    webhook_id: str = ID,
    delivery_id: str = DELIVERY,
    as_json: bool = JSON,
) -> None:
    """Show one delivery with its attempts."""
    with _session(context).client() as client:
        found = client.webhooks.delivery(webhook_id, delivery_id)
    _print_delivery(found, as_json=as_json)


@app.command("resend")
def resend(
    context: typer.Context,
    webhook_id: str = ID,
    delivery_id: str = DELIVERY,
    as_json: bool = JSON,
) -> None:
    """Send a delivery once more, under the same webhook-id."""
    with _session(context).client() as client:
        found = client.webhooks.resend(webhook_id, delivery_id)
    _print_delivery(found, as_json=as_json)


@app.command("recover")
def recover(
    context: typer.Context, webhook_id: str = ID, since: str = SINCE, as_json: bool = JSON
) -> None:
    """Send what has failed since a moment once more."""
    with _session(context).client() as client:
        replayed = client.webhooks.recover(webhook_id, since=since)
    _print_replayed(replayed, as_json=as_json)


@app.command("replay-missing")
def replay_missing(
    context: typer.Context, webhook_id: str = ID, since: str = SINCE, as_json: bool = JSON
) -> None:
    """Send what was never sent since a moment, such as what happened while it was disabled."""
    with _session(context).client() as client:
        replayed = client.webhooks.replay_missing(webhook_id, since=since)
    _print_replayed(replayed, as_json=as_json)


def _session(context: typer.Context) -> Session:
    session: Session = context.obj
    return session


def _given(**options: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a webhook
    return {name: value for name, value in options.items() if value is not None}


def _say(*lines: str) -> None:
    for line in lines:
        out().print(Text(cleaned(line)))


def _warn(webhook: Mapping[str, Any]) -> None:
    _say(*(f"warning  {one}" for one in webhook.get("warnings", [])))


def _state_of(webhook: Mapping[str, Any]) -> str:
    if not webhook["enabled"]:
        return f"disabled ({webhook['disabled_reason']})"
    return "failing" if webhook["failing_since"] else "enabled"


def _shown(value: object) -> str:
    if value is None or value in ("", [], ()):
        return "-"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)


def _outcome_of(delivery: Delivery) -> str:
    attempts = delivery["attempts"]
    if not attempts:
        return "-"
    status, error = attempts[0]["status_code"], attempts[0]["error"]
    return " ".join(str(one) for one in (status, error) if one is not None)


def _print_delivery(delivery: Delivery, *, as_json: bool) -> None:
    if as_json:
        print_json(delivery)
        return
    _say(
        f"{delivery['id']}  {delivery['event_type']}  {delivery['status']}",
        f"webhook-id  {delivery['message_id']}",
    )
    if delivery["next_attempt_at"]:
        _say(f"next attempt  {delivery['next_attempt_at']}")
    if not delivery["attempts"]:
        return
    rows = [
        [
            str(one["attempt"]),
            one["attempted_at"],
            f"{one['duration_ms']} ms",
            str(one["status_code"] or "-"),
            str(one["error"] or "-"),
            shortened(one["answer"] or "-", _ANSWER_CHARS),
        ]
        for one in delivery["attempts"]
    ]
    out().print()
    print_table(["attempt", "at", "took", "status", "error", "answer"], rows)


def _print_replayed(replayed: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(replayed)
        return
    number = replayed["deliveries"]
    _say("1 delivery is on the way" if number == 1 else f"{number} deliveries are on the way")
