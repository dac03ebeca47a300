"""What the judge says of a target; the shapes mirror proto/outscope/v1/verdict.proto."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# Raised whenever a rule is added, changed or removed, so that a stored verdict names its rules.
RULES_VERSION: Final = "3"

MAX_VALUE_CHARS: Final = 256
# Of one reason.
MAX_EVIDENCE: Final = 12


class Kind(StrEnum):
    """What a host is, as far as its answers show."""

    API = "api"
    WEBSITE = "website"
    LOGIN_APP = "login_app"
    REDIRECTOR = "redirector"
    DEFAULT_PAGE = "default_page"
    PARKED = "parked"
    # A port is open and nothing on it speaks HTTP.
    OTHER_SERVICE = "other_service"
    # Nothing of the host itself was seen.
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing a rule looked at and what it saw."""

    rule: str
    # The fact's path, such as paths[0].headers.cf-mitigated.
    field: str
    # The matched value, at most 256 characters.
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the verdict is what it is."""

    # Stable, snake_case; services.prober.judge.codes lists them.
    code: str
    # One sentence a person can act on.
    message: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement of one host; the first reason is the one that decided."""

    reachable: bool
    speaks_http: bool
    analyzable: bool
    kind: Kind
    auth_detected: bool
    api_doc_detected: bool
    reasons: tuple[Reason, ...]
    rules_version: str = RULES_VERSION


def seen(rule: str, field: str, value: object) -> Evidence:
    """Return evidence with its value as text, cut to what is reported."""
    return Evidence(rule=rule, field=field, value=str(value)[:MAX_VALUE_CHARS])
