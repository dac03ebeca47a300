"""Every reason code: what it means for the verdict, its category, and the sentence people read.

The order of Code is the order of importance within one standing.
"""

from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from services.prober.facts import OutcomeCode
from services.prober.judge.verdict import Category, Evidence, Reason


class Standing(IntEnum):
    """How near an answer came to the application; the best one of a host decides.

    WALLED stands above ANSWERED: a 404 beside a challenge or a default page shows nothing.
    """

    UNCLEAR = 0
    # Leads to where nobody looked, or its origin is down.
    ELSEWHERE = 1
    # Weakly: the server said "not here", or pointed to another path of its own.
    ANSWERED = 2
    # Something stands before the application, or in its place.
    WALLED = 3
    # Application content, or the application's own demand for credentials.
    REACHED = 4


class Code(StrEnum):
    """The reason codes an answer can have."""

    CONTENT_SERVED = "content_served"
    LOGIN_FORM = "login_form"
    AUTH_REQUIRED = "auth_required"
    IDENTITY_PROVIDER_REDIRECT = "identity_provider_redirect"
    LOGIN_REDIRECT = "login_redirect"
    API_ERROR = "api_error"

    CHALLENGE = "challenge"
    BLOCK = "block"
    RATE_LIMITED = "rate_limited"
    WAITING_ROOM = "waiting_room"
    ACCESS_PROXY = "access_proxy"
    CLIENT_CERTIFICATE = "client_certificate_required"
    PARKED = "parked"
    UNCLAIMED_HOST = "unclaimed_host"
    DEFAULT_PAGE = "default_page"

    NOT_FOUND = "not_found"
    SOFT_NOT_FOUND = "soft_not_found"
    CLIENT_ERROR = "client_error"
    PATH_DENIED = "path_denied"
    REDIRECT_SAME_SITE = "redirect_same_site"
    EMPTY_ANSWER = "empty_answer"

    REDIRECT_NOT_FOLLOWED = "redirect_not_followed"
    REDIRECT_OTHER_HOST = "redirect_other_host"
    REDIRECT_OFF_SITE = "redirect_off_site"
    REDIRECT_REFUSED = "redirect_refused"
    REDIRECT_UNREACHABLE = "redirect_unreachable"
    ORIGIN_ERROR = "origin_error"
    UNAVAILABLE = "unavailable"

    REDIRECT_LOOP = "redirect_loop"
    DENIED_ALIKE = "denied_alike"
    AMBIGUOUS = "ambiguous"
    SERVED_FOR_ROBOTS = "served_for_robots"


class Note(StrEnum):
    """The reason codes of what is worth knowing beside the answers, and of doubts about them."""

    REDIRECT_LIMIT = "redirect_limit"
    REDIRECT_NOT_ASKED = "redirect_not_asked"
    ADDRESSES_DIFFER = "addresses_differ"
    UNFINISHED_ANSWER = "unfinished_answer"
    CONFLICTING_ANSWERS = "conflicting_answers"
    OAUTH_METADATA = "oauth_metadata"
    FOREIGN_OAUTH_METADATA = "foreign_oauth_metadata"
    DOCUMENTED_SECURITY = "documented_security"
    API_DOCUMENTATION = "api_documentation"
    DOCUMENTATION_LINKED = "documentation_linked"
    DOCUMENTATION_UNPROVEN = "documentation_unproven"
    DOCUMENTATION_PROTECTED = "documentation_protected"
    DRAWN_BY_SCRIPTS = "drawn_by_scripts"
    DIRECTORY_LISTING = "directory_listing"
    CERTIFICATE_INVALID = "certificate_invalid"
    CHECK_CUT_SHORT = "check_cut_short"
    EDGE_PRESENT = "edge_present"


STANDING: Final = MappingProxyType(
    {
        Code.CONTENT_SERVED: Standing.REACHED,
        Code.LOGIN_FORM: Standing.REACHED,
        Code.AUTH_REQUIRED: Standing.REACHED,
        Code.IDENTITY_PROVIDER_REDIRECT: Standing.REACHED,
        Code.LOGIN_REDIRECT: Standing.REACHED,
        Code.API_ERROR: Standing.REACHED,
        Code.CHALLENGE: Standing.WALLED,
        Code.BLOCK: Standing.WALLED,
        Code.RATE_LIMITED: Standing.WALLED,
        Code.WAITING_ROOM: Standing.WALLED,
        Code.ACCESS_PROXY: Standing.WALLED,
        Code.CLIENT_CERTIFICATE: Standing.WALLED,
        Code.PARKED: Standing.WALLED,
        Code.UNCLAIMED_HOST: Standing.WALLED,
        Code.DEFAULT_PAGE: Standing.WALLED,
        Code.NOT_FOUND: Standing.ANSWERED,
        Code.SOFT_NOT_FOUND: Standing.ANSWERED,
        Code.CLIENT_ERROR: Standing.ANSWERED,
        Code.PATH_DENIED: Standing.ANSWERED,
        Code.REDIRECT_SAME_SITE: Standing.ANSWERED,
        Code.EMPTY_ANSWER: Standing.ANSWERED,
        Code.REDIRECT_NOT_FOLLOWED: Standing.ELSEWHERE,
        Code.REDIRECT_OTHER_HOST: Standing.ELSEWHERE,
        Code.REDIRECT_OFF_SITE: Standing.ELSEWHERE,
        Code.REDIRECT_REFUSED: Standing.ELSEWHERE,
        Code.REDIRECT_UNREACHABLE: Standing.ELSEWHERE,
        Code.ORIGIN_ERROR: Standing.ELSEWHERE,
        Code.UNAVAILABLE: Standing.ELSEWHERE,
        Code.REDIRECT_LOOP: Standing.UNCLEAR,
        Code.DENIED_ALIKE: Standing.UNCLEAR,
        Code.AMBIGUOUS: Standing.UNCLEAR,
        Code.SERVED_FOR_ROBOTS: Standing.UNCLEAR,
    }
)

_IN_CATEGORY: Final[dict[Category, tuple[Code | Note, ...]]] = {
    Category.SECURITY_BLOCKS: (
        Code.CHALLENGE,
        Code.BLOCK,
        Code.RATE_LIMITED,
        Code.WAITING_ROOM,
        Code.ACCESS_PROXY,
    ),
    Category.NETWORK: (Code.ORIGIN_ERROR, Note.ADDRESSES_DIFFER, Note.EDGE_PRESENT),
    Category.TLS: (Code.CLIENT_CERTIFICATE, Note.CERTIFICATE_INVALID),
    Category.CONTENT: (
        Code.CONTENT_SERVED,
        Code.LOGIN_FORM,
        Code.AUTH_REQUIRED,
        Code.API_ERROR,
        Code.PARKED,
        Code.UNCLAIMED_HOST,
        Code.DEFAULT_PAGE,
        Code.NOT_FOUND,
        Code.SOFT_NOT_FOUND,
        Code.CLIENT_ERROR,
        Code.PATH_DENIED,
        Code.EMPTY_ANSWER,
        Code.UNAVAILABLE,
        Code.DENIED_ALIKE,
        Code.AMBIGUOUS,
        Code.SERVED_FOR_ROBOTS,
        Note.UNFINISHED_ANSWER,
        Note.CONFLICTING_ANSWERS,
        Note.OAUTH_METADATA,
        Note.FOREIGN_OAUTH_METADATA,
        Note.DOCUMENTED_SECURITY,
        Note.API_DOCUMENTATION,
        Note.DOCUMENTATION_LINKED,
        Note.DOCUMENTATION_UNPROVEN,
        Note.DOCUMENTATION_PROTECTED,
        Note.DRAWN_BY_SCRIPTS,
        Note.DIRECTORY_LISTING,
    ),
    Category.REDIRECT: (
        Code.IDENTITY_PROVIDER_REDIRECT,
        Code.LOGIN_REDIRECT,
        Code.REDIRECT_SAME_SITE,
        Code.REDIRECT_NOT_FOLLOWED,
        Code.REDIRECT_OTHER_HOST,
        Code.REDIRECT_OFF_SITE,
        Code.REDIRECT_UNREACHABLE,
        Code.REDIRECT_LOOP,
        Note.REDIRECT_LIMIT,
    ),
    # What the rules of this installation allow a check to do.
    Category.POLICY: (Code.REDIRECT_REFUSED, Note.REDIRECT_NOT_ASKED, Note.CHECK_CUT_SHORT),
}


def _of_outcome(code: OutcomeCode) -> Category:
    if code in {OutcomeCode.POLICY_REFUSED, OutcomeCode.HTTP_NOT_ASKED}:
        return Category.POLICY
    return Category.TLS if code.startswith("tls_") else Category.NETWORK


# A stage that failed gives a reason with the code of its outcome.
CATEGORY: Final = MappingProxyType(
    {
        **{str(code): category for category, codes in _IN_CATEGORY.items() for code in codes},
        **{str(code): _of_outcome(code) for code in OutcomeCode},
    }
)

# Fields: path, status, vendor, target, host, advice; visitor and addresses, as whom we came.
_MESSAGES: Final = MappingProxyType(
    {
        Code.CONTENT_SERVED: "{path} answered {status} with content of the application.",
        Code.LOGIN_FORM: (
            "{path} shows a login form; give the scanner an account to see what is behind it."
        ),
        Code.AUTH_REQUIRED: (
            "{path} answered {status} and asks for credentials; give the scanner an account."
        ),
        Code.IDENTITY_PROVIDER_REDIRECT: (
            "{path} sends visitors to {vendor} ({target}) to log in; give the scanner an account."
        ),
        Code.LOGIN_REDIRECT: (
            "{path} sends visitors to the login at {target}; give the scanner an account."
        ),
        Code.API_ERROR: "{path} answered {status} with an error message of an API.",
        Code.CHALLENGE: (
            "{vendor} answered {path} with a challenge only a browser can pass; allow "
            "{visitor} there, or scan from inside."
        ),
        Code.BLOCK: (
            "{vendor} blocked the request for {path}; allow {visitor} there, or scan from inside."
        ),
        Code.RATE_LIMITED: (
            "{vendor} limited the rate of requests at {path}; raise the limit for {addresses}, "
            "or check again later."
        ),
        Code.WAITING_ROOM: (
            "{vendor} holds visitors of {path} in a waiting room; exempt {addresses}, or check "
            "again when it is empty."
        ),
        Code.ACCESS_PROXY: (
            "{vendor} guards {path} and lets nobody through without a login; add a policy for the "
            "scanner there, or scan from inside."
        ),
        Code.CLIENT_CERTIFICATE: (
            "{vendor} answered {path} with {status} because no client certificate was sent; give "
            "the scanner one, or check a path that asks for none."
        ),
        Code.PARKED: (
            "{path} is a parking page ({vendor}), not an application; point the name at a server."
        ),
        Code.UNCLAIMED_HOST: (
            "{vendor} answers but knows no site of this name; configure {host} there, or correct "
            "its DNS record."
        ),
        Code.DEFAULT_PAGE: (
            "{path} is the page {vendor} shows before anything is installed; deploy the "
            "application, or check the path it is at."
        ),
        Code.NOT_FOUND: (
            "{path} answered {status}: the server works, but nothing is at this path; check a "
            "path that exists."
        ),
        Code.CLIENT_ERROR: (
            "{path} answered {status}: the server works, but expects another request there."
        ),
        Code.SOFT_NOT_FOUND: (
            "{path} answered {status} with what a random path gets too: the server works, but "
            "nothing is at this path; check a path that exists."
        ),
        Code.PATH_DENIED: (
            "{path} answered {status}, and a random path did not: the server denies this path, "
            "not us; check a path that it serves."
        ),
        Code.REDIRECT_SAME_SITE: (
            "{path} redirects to {target} on the same site; check that address for its content."
        ),
        Code.EMPTY_ANSWER: "{path} answered {status} with nothing in it.",
        Code.SERVED_FOR_ROBOTS: (
            "{path} was served, but such files are often served by whoever stands in front; check "
            "a page of the application."
        ),
        Code.REDIRECT_NOT_FOLLOWED: (
            "{path} redirects to {target}, where this check did not look; {advice}."
        ),
        Code.REDIRECT_OTHER_HOST: (
            "{path} redirects to {target}, another host of its site; check that name instead."
        ),
        Code.REDIRECT_REFUSED: (
            "{path} redirects to {target}, where the network policy of this installation lets no "
            "check look{advice}; correct the redirect."
        ),
        Code.REDIRECT_LOOP: (
            "{path} redirects in a circle, back to {target}; let clients without cookies in, or "
            "check a path that is served to them."
        ),
        Code.REDIRECT_OFF_SITE: (
            "{path} redirects to {target}, which is another site; check that name instead."
        ),
        Code.REDIRECT_UNREACHABLE: (
            "{path} redirects to {target}, where nothing usable answered; repair that port."
        ),
        Code.ORIGIN_ERROR: (
            "{vendor} answered {status} for {path} because the server behind it failed; repair "
            "the origin, then check again."
        ),
        Code.UNAVAILABLE: (
            "{path} answered {status} and says to come back later; check again then."
        ),
        Code.DENIED_ALIKE: (
            "{path} answered {status}, and so did a random path: whatever is asked for is denied; "
            "allow {visitor}, or give the scanner credentials."
        ),
        Code.AMBIGUOUS: (
            "{path} answered {status}, which the application or something before it may have "
            "sent; check a path that is known to work."
        ),
    }
)


def message_for(code: Code, fields: dict[str, str]) -> str:
    """Return the sentence for a code; fields are those named above the sentences."""
    return _MESSAGES[code].format_map(fields)


def reason_for(
    code: Code | Note | OutcomeCode, message: str, evidence: tuple[Evidence, ...]
) -> Reason:
    """Return a reason with the category of its code."""
    return Reason(code=str(code), category=CATEGORY[str(code)], message=message, evidence=evidence)
