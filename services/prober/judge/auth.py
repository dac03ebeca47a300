"""Tells whether an answer asks for credentials: challenges, API errors, login forms."""

import re
from typing import Final

from services.prober.judge.challenges import Challenge, challenges_in
from services.prober.judge.login_form import login_form_in
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
# Apollo and most others; Hot Chocolate.
_GRAPHQL_CODES: Final = ("unauthenticated", "auth_not_authenticated")
# grpc.github.io: status codes.
_GRPC_UNAUTHENTICATED: Final = "16"


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
    return next((challenge.scheme.lower() for challenge in challenges_of(page)), "")


def realm_of(page: Page) -> str:
    """Return the realm of the first challenge that has one, or nothing."""
    realms = (challenge.parameters.get("realm", "") for challenge in challenges_of(page))
    return next((realm for realm in realms if realm), "")


def challenges_of(page: Page) -> tuple[Challenge, ...]:
    """Return the challenges an answer came with, in their order."""
    header = page.headers.get("www-authenticate")
    return challenges_in(header) if header else ()


def api_refusal(page: Page) -> tuple[Evidence, ...]:
    """Return what shows an API's error that asks for credentials; empty when nothing does."""
    if page.headers.get("grpc-status") == _GRPC_UNAUTHENTICATED:
        return (seen("auth.grpc_status", f"{page.where}.headers.grpc-status", "16"),)
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
    if '"errors"' not in page.lowered:
        return ()
    code = next((one for one in _GRAPHQL_CODES if f'"{one}"' in page.lowered), None)
    if code is None:
        return ()
    return (seen("auth.graphql_error", f"{page.where}.body", code.upper()),)


def is_missing_path(page: Page) -> bool:
    """Tell whether a 403 is Amazon API Gateway's way to say that a path does not exist."""
    is_json = page.form is Form.JSON
    return page.status == _FORBIDDEN and is_json and _MISSING_PATH in page.lowered[:512]


def form_of(page: Page) -> tuple[Evidence, ...]:
    """Return the login form of a served or denied page; empty when there is none."""
    return login_form_in(page) if page.form is Form.HTML else ()
