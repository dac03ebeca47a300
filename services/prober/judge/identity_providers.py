"""Where logins live on other hosts: identity providers and access proxies.

An access proxy guards an application it does not belong to, so reaching its login shows nothing of
the application. An identity provider is asked by the application itself.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from services.prober.judge.names import is_below, without_userinfo
from services.prober.judge.pack import declared_as
from services.prober.judge.pack_schema import RuleForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One place to log in: any of the host suffixes, together with the path when one is given."""

    # Of its rule.
    id: str
    vendor: str
    # Empty: any host.
    hosts: tuple[str, ...] = ()
    path: str = ""
    guards: bool = False


PROVIDERS: Final = tuple(
    Provider(
        id=declared.id,
        vendor=declared.members["vendor"],
        hosts=tuple(declared.members.get("hosts", ())),
        path=declared.members.get("path", ""),
        guards=declared.members.get("guards", False),
    )
    for declared in declared_as(RuleForm.PROVIDER)
)


def provider_at(target: SplitResult) -> Provider | None:
    """Return who logs people in at an address, or None when nothing known does."""
    host, path = (target.hostname or "").lower(), target.path.lower()
    # The bare front page of an identity provider is its website, not a login.
    names_a_page = len(path) > 1 or bool(target.query)
    for provider in PROVIDERS:
        on_host = not provider.hosts or any(is_below(host, suffix) for suffix in provider.hosts)
        if on_host and provider.path in path and (names_a_page or provider.guards):
            return provider
    return None


def provider_of(url: str) -> str:
    """Return the name of who logs people in at a URL; empty when nobody known does."""
    try:
        provider = provider_at(urlsplit(without_userinfo(url)))
    except ValueError:
        return ""
    return provider.vendor if provider else ""


def is_authorization_request(target: SplitResult) -> bool:
    """Tell whether an address is a request of OAuth 2 (RFC 6749, 9126), SAML or WS-Federation."""
    try:
        names = {name.lower() for name in parse_qs(target.query, max_num_fields=50)}
    except ValueError:
        return False
    asks_oauth = "client_id" in names and bool(names & {"response_type", "request_uri"})
    return asks_oauth or bool(names & {"samlrequest", "wtrealm"})
