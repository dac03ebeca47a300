"""What an account may set of a webhook beside its URL, its events and its headers."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from outscope.errors import InvalidRequest
from outscope.fqdn import normalised_fqdn
from outscope.limits import (
    DEFAULT_OVERLAP_HOURS,
    MAX_DESCRIPTION_CHARS,
    MAX_OVERLAP_HOURS,
    MAX_WEBHOOK_VANTAGE_POINTS,
)
from services.scheduler.domain.webhook import Payload, Webhook

V1: Final = "v1"
V1A: Final = "v1a"
SIGNATURES: Final = (V1, V1A)

_ANY_SUBDOMAIN: Final = "*."


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """All that an account may set of a webhook, checked."""

    url: str
    events: tuple[str, ...]
    description: str = ""
    fqdn: str | None = None
    vantage_points: tuple[str, ...] = ()
    payload: Payload = Payload.FULL
    signs_v1a: bool = False
    # Not in a representation of it: their values may be secrets.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChange:
    """What to change of a webhook, checked; None: as it is."""

    # As they are stored, by name.
    columns: Mapping[str, object] = field(default_factory=dict)
    signs_v1a: bool | None = None
    # In place of all there are.
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWebhook:
    """A webhook, and what is secret of it as it is stored: sealed, perhaps.

    headers and signing_key: None: it has none. old_secrets: those that still sign.
    """

    webhook: Webhook
    secret: str = field(repr=False)
    old_secrets: tuple[str, ...] = field(repr=False)
    signing_key: str | None = field(repr=False)
    headers: str | None = field(repr=False)

    @property
    def sealed(self) -> Mapping[str, Sequence[str]]:
        """Return all that is stored of it under seal, by the name it is told by."""
        return {
            "secret": (self.secret,),
            "old_secrets": self.old_secrets,
            "signing_key": _some(self.signing_key),
            "headers": _some(self.headers),
        }


def _some(stored: str | None) -> tuple[str, ...]:
    return () if stored is None else (stored,)


def checked_description(text: str) -> str:
    """Return a description, or raise InvalidRequest."""
    if len(text) > MAX_DESCRIPTION_CHARS:
        raise InvalidRequest(
            f"The description has {len(text)} characters, over the {MAX_DESCRIPTION_CHARS} allowed",
            field="description",
            value=len(text),
        )
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text if letter not in "\n\t"):
        raise InvalidRequest(
            "The description contains a control character; leave it out",
            field="description",
            value=text,
        )
    return text


def checked_filter(text: str) -> str | None:
    """Return whose checks are told of, None for all: a name, or *. and a name.

    Raises InvalidRequest.
    """
    trimmed = text.strip()
    if not trimmed:
        return None
    if trimmed.startswith(_ANY_SUBDOMAIN):
        name = normalised_fqdn(trimmed.removeprefix(_ANY_SUBDOMAIN), field="fqdn")
        return _ANY_SUBDOMAIN + name
    if "*" in trimmed:
        raise InvalidRequest(
            "A star stands only in front, for all names under one: *.example.com",
            field="fqdn",
            value=text,
        )
    return normalised_fqdn(trimmed, field="fqdn")


def checked_vantage_points(names: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Return the names without duplicates, or raise InvalidRequest."""
    if len(names) > MAX_WEBHOOK_VANTAGE_POINTS:
        raise InvalidRequest(
            f"There are {len(names)} vantage points; at most {MAX_WEBHOOK_VANTAGE_POINTS} can be "
            "named; leave all of them out to hear of every one",
            field="vantage_points",
            value=len(names),
        )
    for at, name in enumerate(names):
        if name not in known:
            there_are = sorted(known)
            raise InvalidRequest(
                f"There is no such vantage point; there are {', '.join(there_are)}",
                field=f"vantage_points[{at}]",
                value=name,
                vantage_points=there_are,
            )
    return tuple(dict.fromkeys(names))


def signs_v1a(signatures: Sequence[str]) -> bool:
    """Tell whether v1a is asked for beside v1, which every delivery has; or InvalidRequest."""
    for at, signature in enumerate(signatures):
        if signature not in SIGNATURES:
            raise InvalidRequest(
                f"There is no such signature; there are {', '.join(SIGNATURES)}",
                field=f"signatures[{at}]",
                value=signature,
            )
    return V1A in signatures


def checked_overlap(hours: int | None) -> int:
    """Return for how many hours a secret rotated away still signs, or raise InvalidRequest."""
    if hours is None:
        return DEFAULT_OVERLAP_HOURS
    if not 0 <= hours <= MAX_OVERLAP_HOURS:
        raise InvalidRequest(
            f"Both secrets can sign for 0 to {MAX_OVERLAP_HOURS} hours",
            field="overlap_hours",
            value=hours,
        )
    return hours
