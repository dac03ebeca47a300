import pytest

from services.prober.facts import HostFacts, OutcomeCode, PathFacts, PortFacts, TcpState
from services.prober.judge.decide import verdict_for
from services.prober.judge.redirects import redirect_of
from services.prober.judge.verdict import Analyzability
from tests.unit.prober.judge.cases import Case, check, check_each_field_matters
from tests.unit.prober.judge.shapes import HOST, answer, host, port, ready, redirect

AUTHORIZE = "response_type=code&client_id=abc&redirect_uri=https%3A%2F%2Fshop.example.com"


def case(
    name: str,
    facts: PathFacts | HostFacts,
    code: str,
    rule: str,
    kind: str,
    *,
    analyzable: bool,
    auth: bool = False,
) -> Case:
    return Case(
        name=name,
        facts=facts,
        analyzable=analyzable,
        code=code,
        rule=rule,
        kind=kind,
        auth=auth,
    )


def login(name: str, location: str, rule: str, code: str = "identity_provider_redirect") -> Case:
    return case(name, redirect(location), code, rule, "login_app", analyzable=True, auth=True)


def guarded(name: str, location: str, rule: str) -> Case:
    return case(
        name, redirect(location), "access_proxy", rule, "login_app", analyzable=False, auth=True
    )


def plain_http(location: str, path: str = "/") -> PathFacts:
    headers = {"location": location}
    return answer(301, path=path, kind=None, headers=headers, base=f"http://{HOST}")


CLOSED = port(443, state=TcpState.REFUSED, tcp=OutcomeCode.TCP_REFUSED)
CASES = (
    login(
        "entra id",
        f"https://login.microsoftonline.com/t/oauth2/v2.0/authorize?{AUTHORIZE}",
        "provider.microsoft_entra",
    ),
    login("google", f"https://accounts.google.com/o/oauth2/v2/auth?{AUTHORIZE}", "provider.google"),
    login("okta", "https://corp.okta.com/app/x/sso/saml", "provider.okta"),
    login("auth0", f"https://corp.eu.auth0.com/authorize?{AUTHORIZE}", "provider.auth0"),
    login("cognito", "https://x.auth.eu-west-1.amazoncognito.com/login?c=1", "provider.cognito"),
    login(
        "keycloak on any host",
        f"https://id.corp.net/realms/a/protocol/openid-connect/auth?{AUTHORIZE}",
        "provider.keycloak",
    ),
    login("oauth2-proxy", "/oauth2/start?rd=%2F", "provider.oauth2_proxy_start"),
    login(
        "an unknown provider asked with OAuth",
        f"https://id.corp.net/a?{AUTHORIZE}",
        "auth.authorization_request",
    ),
    login("saml", "https://id.corp.net/x?SAMLRequest=fZJ", "auth.authorization_request"),
    login("a login on the same host", "/login?next=/", "auth.login_redirect", "login_redirect"),
    login(
        "a login host of the site",
        "https://auth.example.com/?rd=https://shop.example.com/",
        "auth.login_redirect",
        "login_redirect",
    ),
    login(
        "a login elsewhere that is told to come back",
        "https://accounts.corp.net/signin?return=https%3A%2F%2Fshop.example.com%2F",
        "auth.login_redirect",
        "login_redirect",
    ),
    guarded(
        "cloudflare access",
        "https://corp.cloudflareaccess.com/cdn-cgi/access/login/shop.example.com?kid=1",
        "provider.cloudflare_access",
    ),
    guarded(
        "cloudflare access on the host's own path",
        "/cdn-cgi/access/login/shop.example.com",
        "provider.cloudflare_access_path",
    ),
    guarded("vercel", "https://vercel.com/sso-api?url=x", "provider.vercel_protection"),
    case(
        "a saml request that a script posts",
        answer(
            200,
            '<form action="https://id.corp.net/sso"><input type="hidden" name="SAMLRequest"></form>'
            "<script>document.forms[0].submit()</script>",
        ),
        "identity_provider_redirect",
        "auth.saml_post",
        "login_app",
        analyzable=True,
        auth=True,
    ),
    case(
        "a refresh by the header",
        answer(200, "", headers={"refresh": "0; url='https://www.elsewhere.org/'"}),
        "redirect_off_site",
        "redirect.off_site",
        "redirector",
        analyzable=False,
    ),
    case(
        "another site",
        redirect("https://www.elsewhere.org/", 301),
        "redirect_off_site",
        "redirect.off_site",
        "redirector",
        analyzable=False,
    ),
    case(
        "another customer of the same platform",
        host(redirect("https://other.github.io/", 301), fqdn="one.github.io"),
        "redirect_off_site",
        "redirect.off_site",
        "redirector",
        analyzable=False,
    ),
    case(
        "the front page of an identity provider is only another site",
        redirect("https://www.okta.com/"),
        "redirect_off_site",
        "redirect.off_site",
        "redirector",
        analyzable=False,
    ),
    case(
        "a login of another site that knows nothing of us",
        redirect("https://www.elsewhere.org/login"),
        "redirect_off_site",
        "redirect.off_site",
        "redirector",
        analyzable=False,
    ),
    case(
        "www of the same site",
        redirect("https://www.example.com/", 301),
        "redirect_not_followed",
        "redirect.not_followed",
        "website",
        analyzable=False,
    ),
    case(
        "another path of the host",
        redirect("/en/"),
        "redirect_same_site",
        "redirect.same_site",
        "website",
        analyzable=True,
    ),
    case(
        "itself for ever",
        redirect(f"https://{HOST}/"),
        "ambiguous",
        "redirect.to_itself",
        "none",
        analyzable=False,
    ),
    case(
        "https that was not looked at",
        host(plain_http(f"https://{HOST}/"), ports=(port(80),)),
        "redirect_not_followed",
        "redirect.not_followed",
        "website",
        analyzable=False,
    ),
    case(
        "https that was not looked at, of a login",
        host(plain_http(f"https://{HOST}/login", path="/login"), ports=(port(80),)),
        "redirect_not_followed",
        "redirect.not_followed",
        "website",
        analyzable=False,
    ),
    case(
        "www of a login",
        redirect("https://www.shop.example.com/login", path="/login"),
        "redirect_not_followed",
        "redirect.not_followed",
        "website",
        analyzable=False,
    ),
    case(
        "https that is closed",
        host(plain_http(f"https://{HOST}/"), ports=(port(80), CLOSED)),
        "redirect_unreachable",
        "redirect.unreachable",
        "none",
        analyzable=False,
    ),
    case(
        "a refresh to another site",
        answer(200, '<meta http-equiv="refresh" content="0; url=https://elsewhere.org/">'),
        "redirect_off_site",
        "redirect.off_site",
        "redirector",
        analyzable=False,
    ),
    case(
        "a frame that holds another site",
        answer(200, '<frameset><frame src="https://elsewhere.org/"></frameset>'),
        "redirect_off_site",
        "redirect.off_site",
        "redirector",
        analyzable=False,
    ),
    case(
        "a script to the login",
        answer(200, '<html><script>window.location.href="/login.php";</script></html>'),
        "login_redirect",
        "auth.login_redirect",
        "login_app",
        analyzable=True,
        auth=True,
    ),
    case(
        "jenkins asks with 403 and a refresh",
        answer(
            403,
            "<html><head><meta http-equiv='refresh' content='1;url=/login?from=%2F'/></head>"
            "<body>Authentication required</body></html>",
        ),
        "login_redirect",
        "auth.login_redirect",
        "login_app",
        analyzable=True,
        auth=True,
    ),
)
TEXT = "<p>" + "A page with much to read about shoes. " * 20
GTM = '<noscript><iframe src="https://www.googletagmanager.com/ns.html"></iframe></noscript>'
TRAPS = (
    answer(200, TEXT, headers={"refresh": "300; url=/"}),
    answer(200, "", headers={"refresh": "5"}),
    answer(200, f'<form action="/x"><input name="SAMLRequest" type="hidden"></form>{TEXT}'),
    answer(200, '<form action="/x"><input name="SAMLRequest"><button>Decode</button></form>'),
    answer(200, "<form action='/x'><button>Go</button></form><p>What is a SAMLRequest?"),
    answer(200, f'<title>App</title>{GTM}<div id="root"></div><script src="/a.js"></script>'),
    answer(200, '<div id="root"></div><script>x()</script><iframe src="https://t.net/"></iframe>'),
    answer(200, '<noscript><meta http-equiv="refresh" content="0;url=/old"></noscript><p>x</p>'),
    answer(200, f'<title>x</title><iframe src="https://youtube.com/e"></iframe>{TEXT}'),
    answer(200, f'<meta http-equiv="refresh" content="300">{TEXT}'),
    answer(200, f'{TEXT}<script>if(old){{location.href="https://elsewhere.org/"}}</script>'),
    answer(200, '<div id="app"></div><script src="a.js"></script><script>x=location.href</script>'),
    redirect("", 304),
    redirect("mailto:me@example.com"),
    redirect("https://[::bad/"),
    redirect("https://host:port/"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_where_a_redirect_leads_decides(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_the_target_it_does_not(case: Case) -> None:
    check_each_field_matters(case)


@pytest.mark.parametrize("facts", TRAPS, ids=range(len(TRAPS)))
def test_what_leads_nowhere_is_no_redirect(facts: PathFacts) -> None:
    assert redirect_of(ready(facts)) is None


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://www.example.com/", "check www.example.com instead."),
        ("https://www.example.com:8443/", "check www.example.com instead, with port 8443."),
        (f"https://{HOST}:8443/", "include port 8443 in the check."),
        (f"http://{HOST}/", "include port 80 in the check."),
    ],
)
def test_an_unfollowed_redirect_says_what_to_check_instead(location: str, said: str) -> None:
    (reason,) = verdict_for(host(redirect(location))).reasons
    assert reason.code == "redirect_not_followed"
    assert reason.message.endswith(said)


@pytest.mark.parametrize(
    ("unknown", "said"),
    [
        (port(443, http=OutcomeCode.HTTP_NOT_ASKED), "check_cut_short"),
        (
            port(443, tls_outcome=OutcomeCode.HTTP_NOT_ASKED, http=OutcomeCode.HTTP_NOT_ASKED),
            "check_cut_short",
        ),
        (
            port(443, state=TcpState.NOT_TRIED, tcp=OutcomeCode.TCP_NO_IPV6),
            "redirect_not_followed",
        ),
    ],
)
def test_a_port_that_we_did_not_ask_is_not_told_as_one_to_repair(
    unknown: PortFacts, said: str
) -> None:
    facts = host(plain_http(f"https://{HOST}/"), ports=(port(80), unknown))
    verdict = verdict_for(facts)
    assert verdict.analyzability is Analyzability.UNKNOWN
    assert verdict.reasons[0].code == said
    assert "redirect_unreachable" not in {reason.code for reason in verdict.reasons}


def test_a_login_that_is_sent_to_the_login_host_is_still_one() -> None:
    facts = redirect("https://sso.example.com/login", path="/login")
    assert verdict_for(host(facts)).reasons[0].code == "login_redirect"


def test_a_relative_target_is_made_absolute() -> None:
    made = redirect_of(ready(redirect("../up?x=1")))
    assert made is not None
    assert (made.url, made.host) == (f"https://{HOST}/up?x=1", HOST)


SAML = (
    '<body onload="document.forms[0].submit()"><noscript>Press Continue</noscript>'
    '<form action="https&#x3a;&#x2f;&#x2f;{}&#x2f;Idp/SSO" method="post">'
    '<input type="hidden" name="SAMLRequest" value="PD94"/><input type="submit"/></form>'
)


@pytest.mark.parametrize(
    ("host_of_it", "vendor"), [("acme.okta.com", "Okta"), ("id.elsewhere.org", "id.elsewhere.org")]
)
def test_a_page_that_posts_a_saml_request_sends_to_log_in(host_of_it: str, vendor: str) -> None:
    verdict = verdict_for(host(answer(200, SAML.format(host_of_it))))
    assert verdict.reasons[0].code == "identity_provider_redirect"
    assert verdict.authentication is not None
    (path,) = verdict.authentication.paths
    assert (path.state, path.provider) == ("redirected", vendor)
    assert path.entry_url == f"https://{host_of_it}/Idp/SSO"


@pytest.mark.parametrize(
    "body",
    [
        SAML.replace("SAMLRequest", "SAMLResponse"),
        SAML.replace("<input", "<p>the name samlrequest</p><input").replace("SAMLRequest", "x"),
        SAML + "<p>" + "How a SAMLRequest is sent. " * 20,
        SAML.replace("action=", "data-to="),
    ],
    ids=["the way back", "talk", "an article", "no action"],
)
def test_other_pages_with_such_words_send_nowhere(body: str) -> None:
    verdict = verdict_for(host(answer(200, body.format("acme.okta.com"))))
    assert verdict.reasons[0].code == "content_served"


@pytest.mark.parametrize(
    "location", [r"\\evil.test\login", rf"https://evil.test\@{HOST}/login", r"/\evil.test/login"]
)
def test_a_backslash_leads_where_browsers_follow_it(location: str) -> None:
    found = redirect_of(ready(redirect(location)))
    assert found is not None
    assert found.host == "evil.test"


def test_a_backslash_in_a_query_is_one() -> None:
    found = redirect_of(ready(redirect(r"/login?user=a\b")))
    assert found is not None
    assert found.url == rf"https://{HOST}/login?user=a\b"
