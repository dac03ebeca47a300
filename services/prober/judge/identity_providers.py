"""Where logins live on other hosts: identity providers and access proxies, as data.

An access proxy guards an application it does not belong to, so reaching its login shows nothing of
the application. An identity provider is asked by the application itself.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from services.prober.judge.names import is_below


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One place to log in: any of the host suffixes, together with the path when one is given."""

    id: str
    vendor: str
    source: str
    # Empty: any host.
    hosts: tuple[str, ...] = ()
    path: str = ""
    guards: bool = False


PROVIDERS: Final = (
    Provider(
        id="cloudflare_access",
        vendor="Cloudflare Access",
        source="developers.cloudflare.com: Access team domain",
        hosts=("cloudflareaccess.com",),
        guards=True,
    ),
    Provider(
        id="cloudflare_access_path",
        vendor="Cloudflare Access",
        source="developers.cloudflare.com: Access login path",
        path="/cdn-cgi/access/login",
        guards=True,
    ),
    Provider(
        id="vercel_protection",
        vendor="Vercel Deployment Protection",
        source="vercel.com/docs: Vercel Authentication",
        hosts=("vercel.com",),
        path="/sso-api",
        guards=True,
    ),
    Provider(
        id="pomerium",
        vendor="Pomerium",
        source="pomerium.com/docs: /.pomerium/ endpoints",
        path="/.pomerium/",
        guards=True,
    ),
    Provider(
        id="akamai_access",
        vendor="Akamai Enterprise Application Access",
        source="techdocs.akamai.com: EAA identity portal",
        hosts=("login.akamai-access.com", "akamai-access.com"),
        guards=True,
    ),
    Provider(
        id="microsoft_entra",
        vendor="Microsoft Entra ID",
        source="learn.microsoft.com: authorization endpoint",
        hosts=("login.microsoftonline.com", "login.microsoftonline.us", "login.windows.net"),
    ),
    Provider(
        id="microsoft_b2c",
        vendor="Azure AD B2C",
        source="learn.microsoft.com: b2clogin.com, ciamlogin.com",
        hosts=("b2clogin.com", "ciamlogin.com"),
    ),
    Provider(
        id="google",
        vendor="Google",
        source="developers.google.com: OpenID Connect",
        hosts=("accounts.google.com",),
    ),
    Provider(
        id="okta",
        vendor="Okta",
        source="developer.okta.com: org domains",
        hosts=("okta.com", "oktapreview.com", "okta-emea.com"),
    ),
    Provider(
        id="auth0", vendor="Auth0", source="auth0.com/docs: tenant domain", hosts=("auth0.com",)
    ),
    Provider(
        id="onelogin",
        vendor="OneLogin",
        source="developers.onelogin.com: subdomain",
        hosts=("onelogin.com",),
    ),
    Provider(
        id="cognito",
        vendor="Amazon Cognito",
        source="docs.aws.amazon.com: user pool domain",
        hosts=("amazoncognito.com",),
    ),
    Provider(
        id="ping",
        vendor="Ping Identity",
        source="docs.pingidentity.com: PingOne endpoints",
        hosts=("pingone.com", "pingone.eu", "pingidentity.com"),
    ),
    Provider(
        id="github",
        vendor="GitHub",
        source="docs.github.com: authorizing OAuth apps",
        hosts=("github.com",),
        path="/login/oauth/authorize",
    ),
    Provider(
        id="keycloak",
        vendor="Keycloak",
        source="keycloak.org: OIDC endpoints",
        path="/protocol/openid-connect/auth",
    ),
    Provider(
        id="adfs",
        vendor="AD FS",
        source="learn.microsoft.com: AD FS endpoints",
        path="/adfs/",
    ),
    Provider(
        id="shibboleth",
        vendor="a SAML identity provider",
        source="shibboleth.atlassian.net: profile endpoints",
        path="/idp/profile/saml2/",
    ),
    Provider(id="cas", vendor="CAS", source="apereo.github.io/cas: /login", path="/cas/login"),
    Provider(
        id="oauth2_proxy",
        vendor="oauth2-proxy",
        source="oauth2-proxy.github.io: endpoints",
        path="/oauth2/sign_in",
    ),
    Provider(
        id="oauth2_proxy_start",
        vendor="oauth2-proxy",
        source="oauth2-proxy.github.io: endpoints",
        path="/oauth2/start",
    ),
    Provider(
        id="apple",
        vendor="Apple",
        source="developer.apple.com: Sign in with Apple REST API",
        hosts=("appleid.apple.com",),
        path="/auth/authorize",
    ),
    Provider(
        id="gitlab",
        vendor="GitLab",
        source="docs.gitlab.com: OAuth 2 provider API",
        hosts=("gitlab.com",),
        path="/oauth/authorize",
    ),
    Provider(
        id="aws_identity_center",
        vendor="AWS IAM Identity Center",
        source="docs.aws.amazon.com: AWS access portal URL",
        hosts=("awsapps.com", "signin.aws"),
    ),
    Provider(
        id="duo",
        vendor="Duo",
        source="duo.com/docs: Duo Single Sign-On",
        hosts=("sso.duosecurity.com",),
    ),
    Provider(
        id="jumpcloud",
        vendor="JumpCloud",
        source="jumpcloud.com/support: SSO with OIDC",
        hosts=(
            *("id.jumpcloud.com", "id.eu.jumpcloud.com", "id.in.jumpcloud.com"),
            "sso.jumpcloud.com",
        ),
    ),
    Provider(
        id="zitadel",
        vendor="ZITADEL",
        source="zitadel.com/docs: instance domains",
        hosts=("zitadel.cloud",),
    ),
    Provider(
        id="workos",
        vendor="WorkOS AuthKit",
        source="workos.com/docs: AuthKit domain",
        hosts=("authkit.app",),
    ),
    Provider(
        id="clerk",
        vendor="Clerk",
        source="clerk.com/docs: Account Portal domains",
        hosts=("accounts.dev",),
    ),
    Provider(
        id="authentik",
        vendor="authentik",
        source="docs.goauthentik.io: outpost paths",
        path="/outpost.goauthentik.io/",
    ),
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
        provider = provider_at(urlsplit(url))
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
