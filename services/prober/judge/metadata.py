"""Reads what a host publishes of its authorisation server, or of where its tokens come from.

OpenID Connect Discovery 1.0, RFC 8414 and RFC 9728. Law: the issuer, or the resource, must belong
to the site of the host; metadata of another is told, and shows nothing of this one.
"""

from dataclasses import dataclass
from typing import Any, Final

from services.prober.judge.identity_providers import provider_of
from services.prober.judge.json_members import document_in
from services.prober.judge.names import endpoint_of, same_site, without_userinfo
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

_MAX_ADDRESS_CHARS: Final = 1024
_RESOURCE: Final = "resource"
# Where it is published -> whom it is of.
_OWNERS: Final = {
    "/.well-known/openid-configuration": "issuer",
    "/.well-known/oauth-authorization-server": "issuer",
    "/.well-known/oauth-protected-resource": _RESOURCE,
}
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What one answer tells of how its API is entered."""

    # The issuer or the resource, a URL.
    owner: str
    # Where people are sent to log in; of a resource its authorisation server. Empty when not told.
    entry_url: str
    # How tokens are presented.
    schemes: tuple[str, ...]
    # Who issues the tokens of a resource, when that is another site; else empty.
    provider: str
    evidence: tuple[Evidence, ...]

    def is_of(self, fqdn: str) -> bool:
        """Tell whether it is of the site of this host."""
        return same_site(endpoint_of(self.owner)[0], fqdn)


def metadata_in(page: Page) -> Metadata | None:
    """Return the metadata an answer is; None when it is none, or lacks what it must have."""
    if page.form is not Form.JSON or not page.is_ok:
        return None
    path = page.path.partition("?")[0]
    member = next((name for at, name in _OWNERS.items() if at in path), None)
    if member is None:
        return None
    document = document_in(page.text)
    members: dict[str, Any] = dict(document.members) if document else {}
    owner = members.get(member)
    if not isinstance(owner, str) or not endpoint_of(owner)[0]:
        return None
    if member == _RESOURCE:
        servers = members.get("authorization_servers")
        entry_url = _address(servers[0]) if isinstance(servers, list) and servers else ""
    elif any(name in members for name in _ENDPOINTS):
        entry_url = _address(members.get(_ENDPOINTS[0]))
    else:
        return None
    return Metadata(
        owner=without_userinfo(owner)[:_MAX_ADDRESS_CHARS],
        entry_url=entry_url,
        schemes=_schemes(members),
        provider=_provider(entry_url, owner),
        evidence=(seen("auth.metadata", f"{page.where}.body", f"{member}: {owner}"),),
    )


def _address(value: object) -> str:
    is_address = isinstance(value, str) and value.lower().startswith(("https://", "http://"))
    return without_userinfo(str(value))[:_MAX_ADDRESS_CHARS] if is_address else ""


def _schemes(members: dict[str, Any]) -> tuple[str, ...]:
    """Return how tokens are presented (RFC 6750, RFC 9449)."""
    proves = members.get("dpop_signing_alg_values_supported")
    only = members.get("dpop_bound_access_tokens_required") is True
    return (*(() if only else ("Bearer",)), *(("DPoP",) if proves or only else ()))


def _provider(entry_url: str, owner: str) -> str:
    host = endpoint_of(entry_url)[0]
    if not host or same_site(host, endpoint_of(owner)[0]):
        return ""
    return provider_of(entry_url) or host
