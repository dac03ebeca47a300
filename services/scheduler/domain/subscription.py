"""Which events a webhook gets: by pattern of their type, and of which checks they tell.

Law: a webhook gets an event when one of its patterns fits the type and, if the event is of a check,
both filters let the check through. Filters say nothing of events that are of no check.
"""

import json
from dataclasses import dataclass
from typing import Final

from services.scheduler.domain.webhook import DisabledReason, Subscriber

ANYTHING: Final = "*"
_ANY_BELOW: Final = ".*"
_ANY_SUBDOMAIN: Final = "*."

WEBHOOK_DISABLED: Final = "webhook.disabled"
WEBHOOK_TEST: Final = "webhook.test"
_TEST_MESSAGE: Final = "This is a test event; nothing happened."


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, about to be told to those who want to know."""

    account_id: str
    type: str
    # Of the check; of an event that is not of a check, an id of its own.
    subject_id: str
    # Of the check; None: the event is not of a check.
    fqdn: str | None = None
    # Those it was made from; none: the event is not of a check.
    vantage_points: tuple[str, ...] = ()
    # JSON: what an event that is not of a check tells.
    detail: str | None = None
    # The webhook it is about, which is not told.
    about: str | None = None


def wants(subscriber: Subscriber, event: Event) -> bool:
    """Tell whether a webhook gets an event."""
    return (
        subscriber.account_id == event.account_id
        and subscriber.webhook_id != event.about
        and any(fits(pattern, event.type) for pattern in subscriber.events)
        and (event.fqdn is None or covers(subscriber.fqdn, event.fqdn))
        and (
            not event.vantage_points
            or not subscriber.vantage_points
            or any(name in subscriber.vantage_points for name in event.vantage_points)
        )
    )


def fits(pattern: str, event_type: str) -> bool:
    """Tell whether a pattern fits a type: *, prefix.* or the type itself."""
    if pattern == ANYTHING:
        return True
    if pattern.endswith(_ANY_BELOW):
        return event_type.startswith(pattern.removesuffix(ANYTHING))
    return pattern == event_type


def covers(filtered: str | None, fqdn: str) -> bool:
    """Tell whether a filter lets a name through: *.example.com does all names below that one."""
    if filtered is None:
        return True
    if filtered.startswith(_ANY_SUBDOMAIN):
        return fqdn.endswith(filtered.removeprefix(ANYTHING))
    return fqdn == filtered


def sample_detail(webhook_id: str) -> str:
    """Return what a test event tells."""
    return json.dumps({"webhook_id": webhook_id, "message": _TEST_MESSAGE})


def disabled_event(
    *, event_id: str, account_id: str, webhook_id: str, url: str, reason: DisabledReason
) -> Event:
    """Return what the other webhooks of an account are told of one that was disabled."""
    told = {"webhook_id": webhook_id, "url": url, "disabled_reason": str(reason)}
    return Event(
        account_id=account_id,
        type=WEBHOOK_DISABLED,
        subject_id=event_id,
        detail=json.dumps(told),
        about=webhook_id,
    )
