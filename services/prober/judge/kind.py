"""Tells what the answers of a host say of its kind: what it is as a whole, and points for each."""

from typing import Final

from services.prober.judge.app_shell import app_shell_in
from services.prober.judge.auth import scheme_of
from services.prober.judge.codes import Code, Standing
from services.prober.judge.documentation import Documentation
from services.prober.judge.findings import Finding
from services.prober.judge.listings import listing_in
from services.prober.judge.login_page import is_only_a_login
from services.prober.judge.page import Form
from services.prober.judge.verdict import Confidence, Kind

_CONTENT: Final = 3
_ERROR: Final = 1
_STRONG_ERROR: Final = 2
_FRONT_BONUS: Final = 2
_API_HOSTS: Final = frozenset({"api", "apis", "gateway", "graphql", "rest", "grpc", "rpc"})
_API_SCHEMES: Final = frozenset({"bearer", "dpop", "apikey", "api-key", "aws4-hmac-sha256"})
_BROWSER_SCHEMES: Final = frozenset({"basic", "digest", "negotiate", "ntlm"})
# What a browser shows by itself.
_DOCUMENTS: Final = frozenset({"application/pdf"})
_FEEDS: Final = frozenset({"application/rss+xml", "application/atom+xml"})
_API_HEADERS: Final = ("api-version", "api-supported-versions", "grpc-status", "x-ratelimit-limit")

_LOGINS: Final = frozenset(
    {Code.LOGIN_REDIRECT, Code.IDENTITY_PROVIDER_REDIRECT, Code.ACCESS_PROXY, Code.LOGIN_FORM}
)
_PLACEHOLDERS: Final = {
    Code.DEFAULT_PAGE: Kind.DEFAULT_PAGE,
    Code.UNCLAIMED_HOST: Kind.DEFAULT_PAGE,
    Code.PARKED: Kind.PARKED,
}
_SCORED: Final = frozenset(
    {
        Code.CONTENT_SERVED,
        Code.LOGIN_FORM,
        Code.AUTH_REQUIRED,
        Code.API_ERROR,
        Code.NOT_FOUND,
        Code.SOFT_NOT_FOUND,
        Code.CLIENT_ERROR,
        Code.PATH_DENIED,
        Code.DENIED_ALIKE,
        Code.AMBIGUOUS,
        Code.UNAVAILABLE,
        Code.EMPTY_ANSWER,
    }
)
_OF_A_WEBSITE: Final = frozenset(
    {
        Code.REDIRECT_SAME_SITE,
        Code.REDIRECT_NOT_FOLLOWED,
        Code.REDIRECT_OTHER_HOST,
        Code.EMPTY_ANSWER,
        Code.AUTH_REQUIRED,
    }
)


def whole_kind(findings: tuple[Finding, ...]) -> tuple[Kind, Confidence] | None:
    """Return the kind that all of a host is, by itself and not by points; None when there is none.

    A page that stands in an application's place, a login before everything, a way to another site.
    """
    reached = any(finding.standing is Standing.REACHED for finding in findings)
    if not reached:
        held = next((f.code for f in findings if f.code in _PLACEHOLDERS), None)
        if held is not None:
            return _PLACEHOLDERS[held], Confidence.HIGH
    elif _is_login_app(findings):
        return Kind.LOGIN_APP, Confidence.HIGH
    if _is_guarded(findings):
        # What is behind that login was not seen.
        return Kind.LOGIN_APP, Confidence.MEDIUM
    leading = [f for f in findings if f.code is Code.REDIRECT_OFF_SITE]
    if leading and len(leading) == len(findings):
        return Kind.REDIRECTOR, Confidence.HIGH
    return None


def _is_guarded(findings: tuple[Finding, ...]) -> bool:
    """Tell whether nothing but an access proxy's login was seen."""
    reached = any(finding.standing is Standing.REACHED for finding in findings)
    return not reached and any(finding.code is Code.ACCESS_PROXY for finding in findings)


def _is_login_app(findings: tuple[Finding, ...]) -> bool:
    """Tell whether the front is a login, or every way in is one."""
    front = next((f for f in findings if f.page.is_front), None)
    if front is not None and front.code in _LOGINS:
        return is_only_a_login(front)
    if front is not None and front.code is Code.CONTENT_SERVED:
        return False
    telling = [f for f in findings if f.standing is Standing.REACHED]
    return all(f.code in _LOGINS and is_only_a_login(f) for f in telling)


def points_of(
    findings: tuple[Finding, ...], documents: dict[str, Documentation], fqdn: str
) -> dict[Kind, int]:
    """Return how much the answers speak for each kind that any speaks for.

    Documents are by the field of their page.
    """
    points: dict[Kind, int] = {}
    for finding in findings:
        kind, weight = _vote_of(finding, documents)
        if weight:
            points[kind] = points.get(kind, 0) + weight
    speaks_for_api = 0
    if documents and not any(_shows_a_page(finding, documents) for finding in findings):
        speaks_for_api = _CONTENT
    if (points or speaks_for_api) and fqdn.partition(".")[0] in _API_HOSTS:
        speaks_for_api += 1
    if speaks_for_api:
        points[Kind.API] = points.get(Kind.API, 0) + speaks_for_api
    return points


def _shows_a_page(finding: Finding, documents: dict[str, Documentation]) -> bool:
    """Tell whether an answer is a page of a website: documentation and errors are none."""
    is_served = finding.code in {Code.CONTENT_SERVED, Code.LOGIN_FORM}
    return is_served and finding.page.form is Form.HTML and finding.page.where not in documents


def _vote_of(finding: Finding, documents: dict[str, Documentation]) -> tuple[Kind, int]:
    """Return what one answer speaks for, and how much."""
    page = finding.page
    if finding.code not in _SCORED or page.where in documents or page.media_type in _FEEDS:
        return Kind.NONE, 0
    # An error of whoever stands in front, or of a file store (their errors are XML).
    is_open = finding.code in {Code.AMBIGUOUS, Code.DENIED_ALIKE}
    if is_open and (finding.vendor or page.form is Form.XML):
        return Kind.NONE, 0
    weight = _CONTENT if finding.code in {Code.CONTENT_SERVED, Code.LOGIN_FORM} else _ERROR
    weight += _FRONT_BONUS if page.is_front and weight == _CONTENT else 0
    if finding.code is Code.CONTENT_SERVED:
        if listing_in(page):
            return Kind.STATIC_FILES, weight
        if app_shell_in(page):
            return Kind.SPA, weight
    if _speaks_to_browsers(finding):
        return Kind.WEBSITE, weight
    return Kind.API, _points_of_api(finding, weight)


def _speaks_to_browsers(finding: Finding) -> bool:
    """Tell whether an answer is a page, or a challenge that browsers show as a dialogue."""
    page = finding.page
    if finding.code is Code.AUTH_REQUIRED:
        scheme = scheme_of(page)
        if scheme in _API_SCHEMES or (scheme in _BROWSER_SCHEMES and page.form is not Form.JSON):
            return scheme in _BROWSER_SCHEMES
    return page.form is Form.HTML or page.media_type in _DOCUMENTS


def _points_of_api(finding: Finding, weight: int) -> int:
    page = finding.page
    if finding.code is Code.AUTH_REQUIRED and scheme_of(page) in _API_SCHEMES:
        return weight + _STRONG_ERROR
    if page.form in {Form.JSON, Form.XML}:
        return weight + 1
    if any(name in page.headers for name in _API_HEADERS) or "grpc" in page.media_type:
        return weight
    # Plain text: a health check says "ok", or nothing at all.
    return 1 if page.form is Form.TEXT or finding.code is Code.EMPTY_ANSWER else 0


def kind_by_redirects(findings: tuple[Finding, ...]) -> Kind:
    """Return the kind of a host that showed redirects and walls only."""
    codes = {finding.code for finding in findings}
    if codes & _OF_A_WEBSITE:
        return Kind.WEBSITE
    return Kind.REDIRECTOR if Code.REDIRECT_OFF_SITE in codes else Kind.NONE
