"""Tells where an answer sends its visitor: by Location, refresh, frame, or a script.

What a check did not follow is followed in thought; of what it did follow, the facts decide.
"""

import re
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from services.prober.facts import HostFacts, Outcome, OutcomeCode, Owner, PortFacts
from services.prober.judge.codes import Code
from services.prober.judge.html import visible_text
from services.prober.judge.identity_providers import is_authorization_request, provider_at
from services.prober.judge.login_words import LOGIN_HOSTS, login_address_word
from services.prober.judge.names import endpoint_of, is_twin, same_site, without_userinfo
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FORBIDDEN: Final = 403
_SHORT_PAGE_CHARS: Final = 8192
_FEW_WORDS: Final = 200
# A failure of these is the target's own; any other says nothing of it.
_THEIRS: Final = frozenset({Owner.TARGET, Owner.NETWORK})
_FORM_ACTION: Final = re.compile(
    r"<form\s[^<>]{0,512}?\baction\s{0,4}=\s{0,4}[\"']([^\"'<>]{1,1024})", re.IGNORECASE
)
_SCRIPT_TARGET: Final = re.compile(
    r"(?:window\.|document\.|top\.|self\.)?location(?:\.href)?\s{0,8}=\s{0,8}['\"]([^'\"]{1,1024})['\"]"
    r"|location\.(?:replace|assign)\(\s{0,8}['\"]([^'\"]{1,1024})['\"]"
)
_REFRESH_HEADER: Final = re.compile(
    r"\s{0,8}\d{1,4}\s{0,8}[;,]\s{0,8}url\s{0,8}=\s{0,8}['\"]?([^'\"]{1,2048})", re.IGNORECASE
)
_SAML_REQUEST: Final = re.compile(r"\bname\s{0,4}=\s{0,4}[\"']samlrequest[\"']")
_SAML_POST: Final = "auth.saml_post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where one answer leads, absolute, and what showed it."""

    target: SplitResult
    url: str
    evidence: Evidence
    # A form that a script posts to log in (SAML 2.0 Bindings, section 3.5).
    is_saml_post: bool = False

    @property
    def host(self) -> str:
        """Return the target's host in lower case."""
        return (self.target.hostname or "").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What a redirect means for the verdict, and whose the destination is."""

    code: Code
    rule: str
    vendor: str = ""
    # What to check instead, for people.
    advice: str = ""


def redirect_of(page: Page) -> Redirect | None:
    """Return where an answer sends its visitor; None when nowhere, or to no usable address."""
    posted = _saml_post_in(page)
    field, raw = (f"{page.where}.body", posted) if posted else _raw_target(page)
    if not raw:
        return None
    try:
        led_to = "" if page.then is None else page.then.answer.url
        url = led_to or urljoin(page.url, without_userinfo(_with_slashes(raw.strip())))
        target = urlsplit(url)
        _ = target.port  # raises when it is no number
    except ValueError:
        return None
    if target.scheme not in {"http", "https"} or not target.hostname:
        return None
    evidence = seen("redirect", field, raw)
    return Redirect(target=target, url=url, evidence=evidence, is_saml_post=bool(posted))


def _with_slashes(raw: str) -> str:
    """Return an address with slashes for the backslashes before its query, as browsers read it."""
    end = re.search(r"[?#]|$", raw)
    path = raw[: end.start()] if end else raw
    return path.replace("\\", "/") + raw[len(path) :]


def _saml_post_in(page: Page) -> str:
    """Return where a page that shows nothing itself posts a SAML request, or nothing."""
    is_page = page.is_ok and "samlrequest" in page.lowered and _shows_little(page)
    if not is_page or not _SAML_REQUEST.search(page.lowered):
        return ""
    if not any(form.action and not form.fields for form in page.html.forms):
        return ""
    # Out of the text as it was sent: paths keep their case.
    action = _FORM_ACTION.search(page.text)
    return unescape(action.group(1)) if action else ""


def _shows_little(page: Page) -> bool:
    is_short = len(page.lowered) <= _SHORT_PAGE_CHARS
    return is_short and len(visible_text(page.lowered)) <= _FEW_WORDS


def _raw_target(page: Page) -> tuple[str, str]:
    if page.status in REDIRECTS:
        return f"{page.where}.location", page.location
    refresh = _REFRESH_HEADER.match(page.headers.get("refresh", ""))
    if refresh and page.is_ok and _shows_little(page):
        return f"{page.where}.headers.refresh", refresh.group(1)
    # Jenkins sends its login with 403, as a refresh.
    is_page = page.form is Form.HTML and (page.is_ok or page.status == _FORBIDDEN)
    if not is_page or not _is_bare(page):
        return "", ""
    if page.html.refresh:
        return f"{page.where}.body", page.html.refresh
    # An application's shell may hold a frame too, of a tag manager for one; it has scripts.
    if page.html.frame_sources and "<script" not in page.lowered:
        return f"{page.where}.body", page.html.frame_sources[0]
    script = None if page.html.script_sources else _SCRIPT_TARGET.search(page.text)
    return (f"{page.where}.body", script.group(1) or script.group(2)) if script else ("", "")


def _is_bare(page: Page) -> bool:
    """Tell whether a page shows next to nothing, so that a redirect in it is all there is."""
    leads = page.html.refresh or page.html.frame_sources or "location" in page.lowered
    return bool(leads) and not page.html.forms and _shows_little(page)


def destination_of(redirect: Redirect, page: Page, facts: HostFacts) -> Destination:
    """Return what a redirect means for the host that sent it."""
    provider = provider_at(redirect.target)
    if provider is not None:
        code = Code.ACCESS_PROXY if provider.guards else Code.IDENTITY_PROVIDER_REDIRECT
        return Destination(code=code, rule=provider.id, vendor=provider.vendor)
    if redirect.is_saml_post or is_authorization_request(redirect.target):
        return Destination(
            code=Code.IDENTITY_PROVIDER_REDIRECT,
            rule=_SAML_POST if redirect.is_saml_post else "auth.authorization_request",
            vendor=redirect.host,
        )
    if _code_of_end(page) is OutcomeCode.HTTP_REDIRECT_LOOP:
        return Destination(code=Code.REDIRECT_LOOP, rule="redirect.loop")
    is_dead = has_failed(page) and is_twin(redirect.host, facts.fqdn)
    is_login = not _is_same_page(redirect, page) and _is_login(redirect, facts.fqdn)
    if is_login and not is_dead:
        return Destination(code=Code.LOGIN_REDIRECT, rule="auth.login_redirect")
    if _code_of_end(page) is OutcomeCode.POLICY_REFUSED:
        return Destination(
            code=Code.REDIRECT_REFUSED, rule="redirect.refused", advice=_denial_of(page)
        )
    return _elsewhere(redirect, page, facts)


def _elsewhere(redirect: Redirect, page: Page, facts: HostFacts) -> Destination:
    """Return what a redirect means that leads to no login."""
    if not same_site(redirect.host, facts.fqdn):
        return Destination(code=Code.REDIRECT_OFF_SITE, rule="redirect.off_site")
    return _on_site(redirect, page, facts)


def _on_site(redirect: Redirect, page: Page, facts: HostFacts) -> Destination:
    if _bare_url(redirect.url) == _bare_url(page.url):
        return Destination(code=Code.AMBIGUOUS, rule="redirect.to_itself")
    if has_failed(page) or (page.then is None and _is_dead(redirect, facts)):
        return Destination(code=Code.REDIRECT_UNREACHABLE, rule="redirect.unreachable")
    if page.then is not None and page.then.answer.status is not None:
        return Destination(code=Code.REDIRECT_OTHER_HOST, rule="redirect.other_host")
    if endpoint_of(redirect.url) == endpoint_of(page.url) or _is_served(redirect, facts):
        return Destination(code=Code.REDIRECT_SAME_SITE, rule="redirect.same_site")
    return Destination(
        code=Code.REDIRECT_NOT_FOLLOWED,
        rule="redirect.not_followed",
        advice=_advice(redirect, facts),
    )


def _code_of_end(page: Page) -> OutcomeCode | None:
    """Return how following the redirect of a page failed; None when it did not, or was not tried.

    The address it leads to may have been of no use: then nothing failed but the page itself.
    """
    if page.then is None or page.then.answer.status is not None or not page.then.answer.url:
        return None
    return page.then.answer.outcome.code


def _denial_of(page: Page) -> str:
    """Return what forbids where a page redirects to, in brackets, or nothing."""
    return f" ({page.then.denial})" if page.then is not None and page.then.denial else ""


def has_failed(page: Page) -> bool:
    """Tell whether what a page redirects to gave no answer for reasons of its own."""
    code = _code_of_end(page)
    if code is None or code is OutcomeCode.HTTP_REDIRECT_LOOP:
        return False
    return Outcome(code=code).owner in _THEIRS


def _is_served(redirect: Redirect, facts: HostFacts) -> bool:
    """Tell whether the port a redirect leads to was looked at and serves."""
    host, number = endpoint_of(redirect.url)
    return host == facts.fqdn and any(
        port.port == number and port.speaks_http for port in facts.ports
    )


def _advice(redirect: Redirect, facts: HostFacts) -> str:
    host, number = endpoint_of(redirect.url)
    if host == facts.fqdn:
        return f"include port {number} in the check"
    asked = any(port.port == number for port in facts.ports)
    return f"check {host} instead" + ("" if asked else f", with port {number}")


def _is_same_page(redirect: Redirect, page: Page) -> bool:
    """Tell whether a redirect only corrects the scheme, the port or the www of an address."""
    try:
        asked = urlsplit(page.url)
    except ValueError:
        return False
    here, there = (asked.hostname or "").lower(), redirect.host
    same_host = here.removeprefix("www.") == there.removeprefix("www.")
    return same_host and (asked.path, asked.query) == (redirect.target.path, redirect.target.query)


def _is_login(redirect: Redirect, fqdn: str) -> bool:
    """Tell whether a target is a login: on the same site, or on another told to come back."""
    on_host = redirect.host.partition(".")[0] in LOGIN_HOSTS and redirect.host != fqdn
    if login_address_word(redirect.target.path) is None and not on_host:
        return False
    return same_site(redirect.host, fqdn) or fqdn in redirect.target.query.lower()


def _bare_url(url: str) -> str:
    return url.partition("#")[0]


def _is_dead(redirect: Redirect, facts: HostFacts) -> bool:
    """Tell whether the port a redirect leads to was looked at and does not serve."""
    host, number = endpoint_of(redirect.url)
    return host == facts.fqdn and any(
        port.port == number and not port.speaks_http and not _is_unknown(port)
        for port in facts.ports
    )


def _is_unknown(port: PortFacts) -> bool:
    """Tell whether a port was not looked at to the end, for reasons that are not its own."""
    stages = (port.tcp_outcome, port.tls_outcome, port.http_outcome)
    return any(stage is not None and stage.owner not in {None, *_THEIRS} for stage in stages)
