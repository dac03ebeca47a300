"""Maps which paths ask for credentials, how, and where to log in.

Law: only what an answer asks for itself gates its path. A link to a login, metadata and the
description of an API stand on paths that are open; who blocks asks for nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from services.prober.judge.auth import challenges_of, form_of, realm_of
from services.prober.judge.challenges import Challenge
from services.prober.judge.codes import Code
from services.prober.judge.documentation import Documentation
from services.prober.judge.findings import Finding
from services.prober.judge.identity_providers import provider_of
from services.prober.judge.login_link import login_link_in
from services.prober.judge.login_page import is_only_a_login
from services.prober.judge.metadata import metadata_in
from services.prober.judge.names import web_host_of, without_userinfo
from services.prober.judge.page import Form, Page
from services.prober.judge.redirects import redirect_of
from services.prober.judge.verdict import (
    MAX_VALUE_CHARS,
    Authentication,
    AuthState,
    PathAuthentication,
)

_LINK: Final = "auth.login_link"
_MAX_SCHEMES: Final = 8
# Of one path; the reasons have more.
_MAX_EVIDENCE: Final = 4
_DENIED: Final = frozenset({401, 403})
_ADDRESS_CHARS: Final = 1024
_SCHEME_CHARS: Final = 64
# Where tokens come from: RFC 9728, Microsoft's extension, and registries such as Docker's.
_TELLS_WHERE: Final = ("resource_metadata", "authorization_uri", "realm")
# Where people log in goes before where programs do.
_ENTRIES: Final = (
    AuthState.FORM,
    AuthState.REDIRECTED,
    AuthState.OPEN,
    AuthState.CHALLENGED,
    AuthState.API_ERROR,
)
_OPEN: Final = frozenset({Code.CONTENT_SERVED, Code.SERVED_FOR_ROBOTS, Code.EMPTY_ANSWER})


def authentication_of(
    findings: tuple[Finding, ...],
    documents: Mapping[str, Documentation],
    fqdn: str,
    *,
    beside: tuple[Finding, ...] = (),
) -> Authentication | None:
    """Return the map of the paths that answered; None when none did.

    Documents are by the field of their page. Of a path that other ports answered too, and of what
    was found beside the paths, that is told which asks for credentials in a way not told already.
    """
    own: dict[str, PathAuthentication] = {}
    others: list[PathAuthentication] = []
    for finding in findings:
        made = _path(finding, documents.get(finding.page.where), fqdn)
        if own.setdefault(made.path, made) is not made and _adds(made, [*own.values(), *others]):
            others.append(made)
    if not own:
        return None
    for made in (_path(finding, documents.get(finding.page.where), fqdn) for finding in beside):
        if _adds(made, [*own.values(), *others]):
            others.append(made)
    paths = [*own.values(), *others]
    gated = sum(path.is_gated for path in own.values())
    return Authentication(
        paths=tuple(paths), gated_share=round(gated / len(own), 4), entry_url=_entry_of(paths)
    )


def _adds(made: PathAuthentication, known: list[PathAuthentication]) -> bool:
    """Tell whether what another port answered for a path asks in a way not told already."""
    return _says_something(made) and not any(
        (one.path, one.state) == (made.path, made.state) and _says_something(one) for one in known
    )


def asks_for_credentials(authentication: Authentication | None) -> bool:
    """Tell whether anything of a host asks who one is; a link to a login alone does not."""
    return authentication is not None and any(map(_says_something, authentication.paths))


def _says_something(path: PathAuthentication) -> bool:
    return path.is_gated or any(item.rule != _LINK for item in path.evidence)


def _entry_of(paths: list[PathAuthentication]) -> str:
    """Return where to log in; what a page links to only when nothing that asks says where."""
    if not any(path.entry_url for path in paths):
        return ""
    asking = [path for path in paths if _says_something(path)]
    for some in (asking, paths):
        entries = sorted(
            (path for path in some if path.entry_url and path.state in _ENTRIES),
            key=lambda path: _ENTRIES.index(path.state),
        )
        if entries:
            return entries[0].entry_url
    return ""


def _path(finding: Finding, document: Documentation | None, fqdn: str) -> PathAuthentication:
    page = finding.page
    read = _READERS.get(finding.code)
    if read is not None:
        made = read(finding)
    else:
        state = AuthState.OPEN if finding.code in _OPEN else AuthState.UNKNOWN
        made = PathAuthentication(path=_asked(page), state=state)
    if made.is_gated:
        return made
    return _with_what_is_told(made, page, document, fqdn)


def _asked(page: Page) -> str:
    return (page.before[0] if page.before else page).path


def _demand(finding: Finding) -> PathAuthentication:
    """Return a 401, or an error of an API (RFC 9110, section 15.5.2)."""
    page = finding.page
    challenges = challenges_of(page)
    is_challenge = finding.evidence[0].rule in {"auth.challenge", "auth.unauthorized"}
    if not is_challenge or (not challenges and page.form is Form.JSON):
        return _gated(finding, AuthState.API_ERROR)
    # A 401 without a scheme of its own may come with the form that takes its place.
    if not challenges and form_of(page):
        return replace(_gated(finding, AuthState.FORM), entry_url=page.url)
    entry_url = _told_by(challenges)
    return replace(
        _gated(finding, AuthState.CHALLENGED),
        schemes=tuple(dict.fromkeys(one.scheme[:_SCHEME_CHARS] for one in challenges))[
            :_MAX_SCHEMES
        ],
        realm=realm_of(page)[:MAX_VALUE_CHARS],
        provider=provider_of(entry_url),
        entry_url=entry_url or page.url,
    )


def _told_by(challenges: tuple[Challenge, ...]) -> str:
    """Return where a challenge says that its credentials come from, or nothing."""
    for challenge in challenges:
        for name in _TELLS_WHERE:
            value = challenge.parameters.get(name, "")
            if web_host_of(value):
                return without_userinfo(value)[:_ADDRESS_CHARS]
    return ""


def _login_form(finding: Finding) -> PathAuthentication:
    page = finding.page
    provider = provider_of(page.url) if page.before else ""
    is_gate = not page.is_ok or is_only_a_login(finding)
    state = AuthState.REDIRECTED if provider else AuthState.FORM
    made = _gated(finding, state if is_gate else AuthState.OPEN)
    return replace(made, provider=provider, entry_url=page.url)


def _login_elsewhere(finding: Finding) -> PathAuthentication:
    made = _gated(finding, AuthState.REDIRECTED)
    return replace(made, provider=finding.vendor, entry_url=finding.leads_to[:_ADDRESS_CHARS])


def _guarded(finding: Finding) -> PathAuthentication:
    """Return a path that an access proxy lets nobody through to without a login."""
    page = finding.page
    redirect = redirect_of(page)
    if redirect is not None:
        made = _login_elsewhere(finding)
        return replace(made, entry_url=redirect.url.partition("#")[0][:_ADDRESS_CHARS])
    state = AuthState.CHALLENGED if page.status in _DENIED else AuthState.FORM
    return replace(_gated(finding, state), provider=finding.vendor, entry_url=page.url)


def _certified(finding: Finding) -> PathAuthentication:
    """Return a path that asks for a certificate of the client's, which is no scheme of HTTP."""
    return _gated(finding, AuthState.CHALLENGED)


def _gated(finding: Finding, state: AuthState) -> PathAuthentication:
    evidence = finding.evidence[:_MAX_EVIDENCE]
    return PathAuthentication(path=_asked(finding.page), state=state, evidence=evidence)


_READERS: Final[Mapping[Code, Callable[[Finding], PathAuthentication]]] = MappingProxyType(
    {
        Code.AUTH_REQUIRED: _demand,
        Code.LOGIN_FORM: _login_form,
        Code.LOGIN_REDIRECT: _login_elsewhere,
        Code.IDENTITY_PROVIDER_REDIRECT: _login_elsewhere,
        Code.ACCESS_PROXY: _guarded,
        Code.CLIENT_CERTIFICATE: _certified,
    }
)


def _with_what_is_told(
    made: PathAuthentication, page: Page, document: Documentation | None, fqdn: str
) -> PathAuthentication:
    """Add what an answer that asks for nothing says of credentials elsewhere."""
    metadata = metadata_in(page)
    if metadata is not None and metadata.is_of(fqdn):
        made = replace(
            made,
            schemes=metadata.schemes,
            provider=metadata.provider,
            entry_url=metadata.entry_url,
            evidence=(*made.evidence, *metadata.evidence),
        )
    if document is not None and document.security:
        schemes = tuple(dict.fromkeys((*made.schemes, *document.details.http_schemes)))
        evidence = (*made.evidence, *document.security)
        made = replace(made, schemes=schemes[:_MAX_SCHEMES], evidence=evidence)
    if made.evidence or made.state is not AuthState.OPEN:
        return made
    link = login_link_in(page, fqdn)
    return made if link is None else replace(made, entry_url=link[0], evidence=link[1])
