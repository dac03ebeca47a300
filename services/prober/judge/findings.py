"""Decides what one answer is: the order of decision of the whole judge, one table of steps.

The order (signals 1.1): a definitive challenge or block page, then weak marks gated by the status,
then what asks for credentials, then what was served. The first step that says something decides.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from outscope.quickly import quickly_made
from services.prober.facts import HostFacts, PathFacts
from services.prober.judge.auth import api_refusal, challenge_of, form_of, is_missing_path
from services.prober.judge.codes import STANDING, Code, Standing
from services.prober.judge.interstitials import challenge_in, waiting_room_in
from services.prober.judge.maintenance import maintenance_in
from services.prober.judge.metadata import metadata_in
from services.prober.judge.names import address_for_people
from services.prober.judge.pack import declared_as, rule_of
from services.prober.judge.pack_schema import RuleForm
from services.prober.judge.page import Form, Page
from services.prober.judge.redirects import destination_of, redirect_of
from services.prober.judge.rule import Effect, Rule, evidence_for
from services.prober.judge.sieve import Sieve
from services.prober.judge.verdict import Evidence, seen

# The pages that only a vendor, a server or a registrar has; the first that fires decides.
RULES: Final = tuple(rule_of(declared) for declared in declared_as(RuleForm.PAGE))
_NAMED_STATUSES: Final = frozenset().union(*(rule.statuses for rule in RULES))

_LOGINS: Final = frozenset({Code.LOGIN_REDIRECT, Code.IDENTITY_PROVIDER_REDIRECT})
_SEEN_BY_FOLLOWING: Final = frozenset(
    {
        Code.REDIRECT_LOOP,
        Code.REDIRECT_OFF_SITE,
        Code.REDIRECT_OTHER_HOST,
        Code.REDIRECT_REFUSED,
        Code.REDIRECT_UNREACHABLE,
    }
)
_NO_CONTENT: Final = frozenset({204, 205})
_FORBIDDEN: Final = 403
_TOO_MANY: Final = 429
_UNAVAILABLE: Final = 503
_METHOD_NOT_ALLOWED: Final = 405
_OF_FAULTS: Final = frozenset({400, 405, 500})
_GONE: Final = frozenset({404, 410})
_CLIENT_ERRORS: Final = range(400, 500)
# What whoever stands in front has no reason to say to a plain GET; every other 4xx may be theirs.
_OF_THE_APPLICATION: Final = frozenset({402, 409, 411, 412, 415, 416, 422, 423, 424, 426, 428})
# The last part of a path that is asked only whether the application lives.
_ALIVE: Final = frozenset(
    {
        *("health", "healthz", "healthcheck", "health-check", "_health", "heartbeat", "ping"),
        *("ready", "readyz", "readiness", "live", "livez", "liveness", "alive", "up", "status"),
    }
)
# What it answers to others than its clients stands in its trailers.
_GRPC: Final = "application/grpc"
_API_PATHS: Final = ("/api/", "/v1/", "/v2/", "/v3/", "/rest/")
# Often answered by whoever stands in front, while the application is out of reach.
_FOR_ROBOTS: Final = ("/robots.txt", "/favicon.ico", "/ads.txt", "/sitemap.xml", "/.well-known/")
# SOAP 1.1 and 1.2.
_SOAP_ENVELOPES: Final = (
    "http://schemas.xmlsoap.org/soap/envelope/",
    "http://www.w3.org/2003/05/soap-envelope",
)
# RFC 9727.
_API_CATALOG: Final = "/.well-known/api-catalog"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one answer is, and what showed it."""

    code: Code
    page: Page
    evidence: tuple[Evidence, ...]
    # Who stands before the application or where its logins live; empty when nobody.
    vendor: str = ""
    # Where a redirect leads.
    target: str = ""
    target_host: str = ""
    # The whole address a redirect leads to.
    leads_to: str = ""
    # What to check instead, for people.
    advice: str = ""
    # The sentence of its rule, when that has one of its own.
    message: str = ""

    @property
    def standing(self) -> Standing:
        """Return how near the answer came to the application."""
        return STANDING[self.code]


_Step = Callable[[Page, HostFacts], Finding | None]


def finding_for(page: Page, facts: HostFacts) -> Finding:
    """Return what the answer is that stands for a path, and what the redirects to it met.

    Who was turned away to a wall or a login has not got past it by being shown it.
    """
    finding = _finding_for(page, facts)
    for earlier in page.before:
        met = _finding_for(earlier, facts)
        if met.standing is Standing.WALLED:
            return met
        if finding.code is Code.CONTENT_SERVED and met.code in _LOGINS:
            return replace(met, page=page, evidence=(*met.evidence, *finding.evidence))
    return finding


def _finding_for(page: Page, facts: HostFacts) -> Finding:
    for step in _STEPS:
        finding = step(page, facts)
        if finding is not None:
            return finding
    return _by_status(Code.AMBIGUOUS, "status.unclear", page)


@cache
def _definitive(status: int) -> Sieve:
    return Sieve(rule for rule in _candidates(status) if rule.effect is not Effect.UNCLEAR)


@cache
def _unclear(status: int) -> Sieve:
    return Sieve(rule for rule in _candidates(status) if rule.effect is Effect.UNCLEAR)


def _candidates(status: int) -> Iterator[Rule]:
    return (rule for rule in RULES if not rule.statuses or status in rule.statuses)


def _named(status: int) -> int:
    """Return a status that rules name, or 0 for all others: they share one sieve."""
    return status if status in _NAMED_STATUSES else 0


def _by_rule(page: Page, _facts: HostFacts) -> Finding | None:
    """Known pages of vendors, firewalls, servers and registrars."""
    return _first_of(_definitive(_named(page.status)), page)


def _by_unclear_rule(page: Page, _facts: HostFacts) -> Finding | None:
    """Errors of whoever stands in front, which the application may have caused."""
    return _first_of(_unclear(_named(page.status)), page)


def _first_of(sieve: Sieve, page: Page) -> Finding | None:
    for rule in sieve.candidates(page):
        evidence = evidence_for(rule, page)
        if evidence:
            code = Code(rule.effect)
            return Finding(
                code=code,
                page=page,
                evidence=evidence,
                vendor=rule.vendor,
                message=rule.message,
            )
    return None


def _by_redirect(page: Page, facts: HostFacts) -> Finding | None:
    """Answers that send their visitor elsewhere."""
    redirect = redirect_of(page)
    if redirect is None:
        return None
    destination = destination_of(redirect, page, facts)
    evidence = [seen(destination.rule, redirect.evidence.field, redirect.evidence.value)]
    if page.then is not None and destination.code in _SEEN_BY_FOLLOWING:
        evidence.append(_met(destination.rule, page.then_where, page.then.answer))
    return Finding(
        code=destination.code,
        page=page,
        evidence=tuple(evidence),
        vendor=destination.vendor,
        target=address_for_people(redirect.url),
        target_host=redirect.host,
        leads_to=redirect.url.partition("#")[0],
        advice=destination.advice,
    )


def _met(rule: str, where: str, answer: PathFacts) -> Evidence:
    if answer.status is not None:
        return seen(rule, f"{where}.status_code", answer.status)
    return seen(rule, f"{where}.outcome", answer.outcome.code)


def _by_weak_marks(page: Page, _facts: HostFacts) -> Finding | None:
    """Challenges and queues of no known vendor."""
    waiting = waiting_room_in(page)
    if waiting:
        return Finding(code=Code.WAITING_ROOM, page=page, evidence=waiting, vendor="The site")
    challenge = challenge_in(page)
    if challenge:
        vendor = "A bot defence"
        return Finding(code=Code.CHALLENGE, page=page, evidence=challenge, vendor=vendor)
    return None


def _by_credentials(page: Page, _facts: HostFacts) -> Finding | None:
    """Answers of the application that ask who one is."""
    # A login sent with 401 and no challenge is a page for people; a browser shows it as one.
    form = form_of(page)
    if form and "www-authenticate" not in page.headers:
        return Finding(code=Code.LOGIN_FORM, page=page, evidence=form)
    if evidence := challenge_of(page) or api_refusal(page):
        return Finding(code=Code.AUTH_REQUIRED, page=page, evidence=evidence)
    return Finding(code=Code.LOGIN_FORM, page=page, evidence=form) if form else None


def _by_rate(page: Page, _facts: HostFacts) -> Finding | None:
    """Too many requests, or not now (RFC 6585 section 4, RFC 9110 section 15.6.4)."""
    if page.status == _TOO_MANY:
        found = _by_status(Code.RATE_LIMITED, "status.too_many_requests", page)
        return Finding(code=found.code, page=page, evidence=found.evidence, vendor="The site")
    if page.status == _FORBIDDEN and page.headers.get("x-ratelimit-remaining") == "0":
        return _by_used_up_rate(page)
    evidence = _by_retry_after(page) or maintenance_in(page)
    return Finding(code=Code.UNAVAILABLE, page=page, evidence=evidence) if evidence else None


def _by_retry_after(page: Page) -> tuple[Evidence, ...]:
    retry_after = page.headers.get("retry-after")
    if page.status != _UNAVAILABLE or retry_after is None:
        return ()
    rule = "status.unavailable"
    return (
        seen(rule, f"{page.where}.headers.retry-after", retry_after),
        seen(rule, f"{page.where}.status_code", page.status),
    )


def _by_used_up_rate(page: Page) -> Finding:
    """Return the finding of a 403 that says none are left (docs.github.com: rate limits)."""
    rule = "status.rate_used_up"
    evidence = (
        seen(rule, f"{page.where}.headers.x-ratelimit-remaining", "0"),
        seen(rule, f"{page.where}.status_code", page.status),
    )
    return Finding(code=Code.RATE_LIMITED, page=page, evidence=evidence, vendor="The site")


def _by_content(page: Page, facts: HostFacts) -> Finding | None:
    """Successful answers."""
    if not page.is_ok:
        return None
    if _is_for_robots(page, facts.fqdn):
        return _by_status(Code.SERVED_FOR_ROBOTS, "content.for_robots", page)
    if page.is_shapeless and not page.is_finished:
        return _by_status(Code.AMBIGUOUS, "content.unfinished", page)
    if page.form is not Form.EMPTY:
        shown = page.title or page.media_type or str(page.form)
        field = "title" if page.title else "content_type"
        return Finding(
            code=Code.CONTENT_SERVED,
            page=page,
            evidence=(
                seen("content.served", f"{page.where}.status_code", page.status),
                seen("content.served", f"{page.where}.{field}", shown),
            ),
        )
    if _may_be_empty(page):
        return _by_status(Code.EMPTY_ANSWER, "content.empty", page)
    return _by_status(Code.AMBIGUOUS, "content.empty_page", page)


def _is_for_robots(page: Page, fqdn: str) -> bool:
    """Tell files that many a server in front has, from what an application says of itself."""
    if not page.path.startswith(_FOR_ROBOTS) or page.path.startswith(_API_CATALOG):
        return False
    metadata = metadata_in(page)
    return metadata is None or not metadata.is_of(fqdn)


def _may_be_empty(page: Page) -> bool:
    """Tell an answer that has nothing to say, of a health check or an API, from an empty page."""
    path = page.path.partition("?")[0].lower().rstrip("/")
    is_api = page.status in _NO_CONTENT and path.startswith(_API_PATHS)
    is_api = is_api or page.media_type.startswith(_GRPC)
    return is_api or path.rpartition("/")[2] in _ALIVE


def _by_soap_fault(page: Page, _facts: HostFacts) -> Finding | None:
    """Faults of a SOAP service, which come with 500 (SOAP 1.1, section 6.2).

    Many come with 400 (SOAP 1.2 part 2, table 20), and with 405 to who does not post.
    """
    if page.status not in _OF_FAULTS or page.form is not Form.XML or ":fault>" not in page.lowered:
        return None
    space = next((name for name in _SOAP_ENVELOPES if name in page.lowered), None)
    if space is None:
        return None
    rule = "api.soap_fault"
    evidence = (
        seen(rule, f"{page.where}.body", space),
        seen(rule, f"{page.where}.status_code", page.status),
    )
    return Finding(code=Code.API_ERROR, page=page, evidence=evidence)


def _by_client_error(page: Page, _facts: HostFacts) -> Finding | None:
    """Errors the application itself makes: nothing here, or another request expected."""
    if page.status not in _CLIENT_ERRORS:
        return None
    # Who lists other methods has a route here; who denies GET and lists it denies us.
    allow = page.headers.get("allow", "")
    is_listed = "GET" in allow.upper().replace(" ", "").split(",")
    if page.status == _METHOD_NOT_ALLOWED and allow and not is_listed:
        evidence = seen("status.method_not_allowed", f"{page.where}.headers.allow", allow)
        return Finding(code=Code.API_ERROR, page=page, evidence=(evidence,))
    if is_missing_path(page):
        return _by_status(Code.NOT_FOUND, "status.api_gateway_missing_path", page)
    code = _code_of_error(page)
    return None if code is None else _by_status(code, f"status.{code}", page)


def _code_of_error(page: Page) -> Code | None:
    """Return what a 4xx means; None when whoever stands in front may have sent it."""
    if page.form is Form.JSON and page.status != _FORBIDDEN:
        return Code.API_ERROR
    if page.status in _GONE:
        return Code.NOT_FOUND
    return Code.CLIENT_ERROR if page.status in _OF_THE_APPLICATION else None


def _by_status(code: Code, rule: str, page: Page) -> Finding:
    evidence = (seen(rule, f"{page.where}.status_code", page.status),)
    return Finding(code=code, page=page, evidence=evidence)


_STEPS: Final[tuple[_Step, ...]] = (
    _by_rule,
    _by_weak_marks,
    _by_redirect,
    _by_credentials,
    _by_rate,
    _by_content,
    _by_soap_fault,
    _by_client_error,
    _by_unclear_rule,
)
