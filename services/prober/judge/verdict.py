"""What the judge says of a target; the shapes mirror proto/outscope/v1/verdict.proto."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from outscope.quickly import quickly_made
from services.prober.judge.pack_source import RULES_VERSION

# As long as the longest header, since what is reported of it is cut only once it is without
# credentials: half an address does not show where its password ends.
MAX_VALUE_CHARS: Final = 8192
# Of one reason.
MAX_EVIDENCE: Final = 12


class Kind(StrEnum):
    """What a host is, as far as its answers show."""

    API = "api"
    WEBSITE = "website"
    # A website that scripts draw in the browser: what is served is an empty frame.
    SPA = "spa"
    LOGIN_APP = "login_app"
    REDIRECTOR = "redirector"
    DEFAULT_PAGE = "default_page"
    PARKED = "parked"
    # A folder, listed.
    STATIC_FILES = "static_files"
    # A port is open and nothing on it speaks HTTP.
    OTHER_SERVICE = "other_service"
    # Nothing of the host itself was seen.
    NONE = "none"


class Analyzability(StrEnum):
    """Whether a scanner can work with what is served; unknown where the facts do not say."""

    ANALYZABLE = "analyzable"
    NOT_ANALYZABLE = "not_analyzable"
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """How much it would take to overturn a judgement."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Category(StrEnum):
    """What a reason is about, in the words of those who run scanners."""

    SECURITY_BLOCKS = "Security Blocks"
    NETWORK = "Network"
    TLS = "TLS"
    CONTENT = "Content"
    REDIRECT = "Redirect"
    POLICY = "Policy"


class Role(StrEnum):
    """What somebody is who stands in front of an application."""

    CDN = "cdn"
    WAF = "waf"
    BOT_DEFENCE = "bot_defence"
    ACCESS_PROXY = "access_proxy"
    LOAD_BALANCER = "load_balancer"
    HOSTING = "hosting"


class Action(StrEnum):
    """What somebody in front did with our requests; from the least to the most."""

    PRESENT = "present"
    RATE_LIMIT = "rate_limit"
    CHALLENGE = "challenge"
    BLOCK = "block"


class AuthState(StrEnum):
    """What a path answers to a visitor without credentials."""

    # Served to anybody.
    OPEN = "open"
    # A 401, or whoever guards the application denies it.
    CHALLENGED = "challenged"
    # A login instead of content.
    FORM = "form"
    # Sent elsewhere to log in.
    REDIRECTED = "redirected"
    # An API's error that asks for credentials.
    API_ERROR = "api_error"
    # Blocks, errors and missing paths do not say.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing a rule looked at and what it saw."""

    rule: str
    # The fact's path, such as paths[0].headers.cf-mitigated.
    field: str
    # The matched value; the report shows 256 characters of it.
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the verdict is what it is."""

    # Stable, snake_case; services.prober.judge.codes lists them.
    code: str
    category: Category
    # One sentence a person can act on.
    message: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One of those who stand in front of an application, and what it did here."""

    # Its name, for people.
    vendor: str
    role: Role
    action: Action
    evidence: tuple[Evidence, ...]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PathAuthentication:
    """What one path answered to a visitor without credentials."""

    # As requested, percent-encoded.
    path: str
    state: AuthState
    # As registered with IANA where they are.
    schemes: tuple[str, ...] = ()
    realm: str = ""
    # An identity provider or access proxy by name, or by host where it is not known.
    provider: str = ""
    # Where to log in, or where it is told how.
    entry_url: str = ""
    # Of an open path: what says that something else asks for credentials.
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_gated(self) -> bool:
        """Tell whether credentials are asked for here."""
        return self.state not in {AuthState.OPEN, AuthState.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """Which of the paths that answered ask for credentials, and how."""

    paths: tuple[PathAuthentication, ...]
    # Gated paths of those that answered, 0 to 1.
    gated_share: float
    # Where to log in first; empty when nothing says where.
    entry_url: str = ""


class DocumentState(StrEnum):
    """What was seen of a document; only what was read proves that there is one."""

    # It was read, and is what its type says.
    PARSED = "parsed"
    # Where it would be we are denied, and on a random path we are not.
    PROTECTED = "protected"
    # Something shows or speaks of it, and it was not seen itself; or it was, and does not parse.
    UNPROVEN = "unproven"
    # It is only named.
    LINKED = "linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDocument:
    """A description of an API, or where one is said to be."""

    # As in proto/outscope/v1/verdict.proto.
    type: str
    state: DocumentState
    # Of the format.
    version: str = ""
    title: str = ""
    # Empty of one that stands in the page of its viewer.
    url: str = ""
    # None when the document was not read to its end.
    operations: int | None = None
    # By the names the document gives them.
    security_schemes: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    # It was seen, and read to its end.
    complete: bool = False
    # The viewer that shows it, by name.
    ui: str = ""
    evidence: tuple[Evidence, ...]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement of one host; the first reason is the one that decided."""

    reachable: bool
    speaks_http: bool
    # True exactly when analyzability is analyzable.
    analyzable: bool
    analyzability: Analyzability
    confidence: Confidence
    kind: Kind
    kind_confidence: Confidence
    # The next likely kind; None when there is none.
    kind_runner_up: Kind | None
    # The one that did most comes first.
    layers: tuple[Layer, ...]
    auth_detected: bool
    api_doc_detected: bool
    # None when no path answered.
    authentication: Authentication | None = None
    # Those that were seen come first.
    documents: tuple[ApiDocument, ...] = ()
    reasons: tuple[Reason, ...]
    rules_version: str = RULES_VERSION


def seen(rule: str, field: str, value: object) -> Evidence:
    """Return evidence with its value as text, whole unless it is longer than any header."""
    return Evidence(rule=rule, field=field, value=str(value)[:MAX_VALUE_CHARS])
