"""Tells whether an answer asks for credentials: challenges, API errors, login forms, metadata."""

import re
from typing import Any, Final

from services.prober.judge.json_members import document_in
from services.prober.judge.login_form import login_form_in
from services.prober.judge.names import same_site
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
# GraphQL servers say it with these too.
_ERRORS_OF_GRAPHQL: Final = frozenset({200, 400})
_MAX_ERROR_CHARS: Final = 8192
_MAX_WORDS_CHARS: Final = 2048

_CREDENTIAL_WORDS: Final = re.compile(
    r"unauthori[sz]ed|unauthenticated|not[ _-]authenticated|not[ _-]logged[ _-]in"
    r"|authentication (?:is )?(?:required|failed|credentials)|requires? authentication"
    r"|log ?in required|login_required|must be logged in|(?:please|must) (?:log|sign)[ -]?in"
    r"|(?:missing|invalid|expired|no|bad|required?|provide)[ a-z_-]{0,24}"
    r"(?:token|credential|api[ _-]?key|apikey|jwt|authorization header|session|signature)"
    r"|(?:token|api[ _-]?key|apikey|jwt|authorization header|credentials?)[ a-z_\"':-]{0,24}"
    r"(?:missing|invalid|expired|required|not (?:provided|found|supplied|valid))"
    r"|system:anonymous|anonymous access|invalid_token|token_required"
    r"|not authorized to access this resource"
)
# What API Gateway says of a path it does not have; asking for no credentials.
_MISSING_PATH: Final = "missing authentication token"
_REALM: Final = re.compile(r'realm\s{0,4}=\s{0,4}"([^"]{0,128})"', re.IGNORECASE)
_METADATA: Final = {
    "/.well-known/openid-configuration": ("issuer", "authorization_endpoint"),
    "/.well-known/oauth-authorization-server": ("issuer", "authorization_endpoint"),
    "/.well-known/oauth-protected-resource": ("resource", "resource"),
}


def challenge_of(page: Page) -> tuple[Evidence, ...]:
    """Return what a 401 asks for (RFC 9110 section 11.6.1); empty for any other status."""
    if page.status != _UNAUTHORIZED:
        return ()
    status = seen("auth.unauthorized", f"{page.where}.status_code", page.status)
    header = page.headers.get("www-authenticate")
    if header is None:
        return (status,)
    return (seen("auth.challenge", f"{page.where}.headers.www-authenticate", header), status)


def scheme_of(page: Page) -> str:
    """Return the first authentication scheme of a challenge in lower case, or nothing."""
    return page.headers.get("www-authenticate", "").strip().partition(" ")[0].strip(",").lower()


def realm_of(page: Page) -> str:
    """Return the realm of a challenge, or nothing."""
    match = _REALM.search(page.headers.get("www-authenticate", "")[:2048])
    return match.group(1) if match else ""


def api_refusal(page: Page) -> tuple[Evidence, ...]:
    """Return what shows an API's error that asks for credentials; empty when nothing does."""
    if page.form is not Form.JSON or len(page.lowered) > _MAX_ERROR_CHARS:
        return ()
    if page.status in _ERRORS_OF_GRAPHQL:
        return _graphql_refusal(page)
    if page.status != _FORBIDDEN or is_missing_path(page):
        return ()
    words = _CREDENTIAL_WORDS.search(page.lowered[:_MAX_WORDS_CHARS])
    if words is None:
        return ()
    return (
        seen("auth.api_error", f"{page.where}.body", words.group()),
        seen("auth.api_error", f"{page.where}.status_code", page.status),
    )


def _graphql_refusal(page: Page) -> tuple[Evidence, ...]:
    if '"errors"' not in page.lowered or '"unauthenticated"' not in page.lowered:
        return ()
    return (seen("auth.graphql_error", f"{page.where}.body", "UNAUTHENTICATED"),)


def is_missing_path(page: Page) -> bool:
    """Tell whether a 403 is Amazon API Gateway's way to say that a path does not exist."""
    is_json = page.form is Form.JSON
    return page.status == _FORBIDDEN and is_json and _MISSING_PATH in page.lowered[:512]


def form_of(page: Page) -> tuple[Evidence, ...]:
    """Return the login form of a served or denied page; empty when there is none."""
    return login_form_in(page) if page.form is Form.HTML else ()


def metadata_in(page: Page, fqdn: str) -> tuple[Evidence, ...]:
    """Return OAuth metadata the host publishes of itself (OpenID Discovery, RFC 8414, RFC 9728)."""
    path = page.path.partition("?")[0]
    wanted = next((names for at, names in _METADATA.items() if path.startswith(at)), None)
    if wanted is None or not page.is_ok or page.form is not Form.JSON:
        return ()
    document = document_in(page.text)
    members: dict[str, Any] = dict(document.members) if document else {}
    owner = members.get(wanted[0])
    if wanted[1] not in members or not isinstance(owner, str):
        return ()
    host = owner.partition("://")[2].partition("/")[0].partition(":")[0].lower()
    if not same_site(host, fqdn):
        return ()
    return (seen("auth.metadata", f"{page.where}.body", f"{wanted[0]}: {owner}"),)
