import pytest

from services.prober.facts import HostFacts, PathFacts
from tests.unit.prober.judge.cases import Case, check, check_each_field_matters
from tests.unit.prober.judge.shapes import answer, host, json, redirect, text

LONG = "<p>" + "We sell shoes and write about names. " * 120


def page(title: str, body: str = "") -> str:
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


def default(name: str, facts: PathFacts) -> Case:
    return Case(
        name=name,
        facts=facts,
        analyzable=False,
        code="default_page",
        rule=f"default.{name}",
        kind="default_page",
    )


def unclaimed(name: str, facts: PathFacts) -> Case:
    return Case(
        name=name,
        facts=facts,
        analyzable=False,
        code="unclaimed_host",
        rule=f"unclaimed.{name}",
        kind="default_page",
    )


def parked(name: str, facts: PathFacts) -> Case:
    return Case(
        name=name,
        facts=facts,
        analyzable=False,
        code="parked",
        rule=f"parked.{name}",
        kind="parked",
    )


PLACEHOLDERS = (
    default("nginx", answer(200, page("Welcome to nginx!", "<h1>Welcome to nginx!</h1>"))),
    default(
        "nginx_distribution", answer(200, page("Test Page for the Nginx HTTP Server on Fedora"))
    ),
    default("openresty", answer(200, page("Welcome to OpenResty!"))),
    default("apache_debian", answer(200, page("Apache2 Debian Default Page: It works"))),
    default("apache_ubuntu", answer(200, page("Apache2 Ubuntu Default Page: It works"))),
    default("apache_it_works", answer(200, "<html><body><h1>It works!</h1></body></html>")),
    default(
        "apache_distribution",
        answer(403, page("Test Page for the HTTP Server on Red Hat Enterprise Linux")),
    ),
    default("iis", answer(200, page("IIS Windows Server"))),
    default(
        "tomcat",
        answer(200, page("Apache Tomcat/9.0.1", "you've successfully installed Tomcat.")),
    ),
    default("jetty", answer(404, "<h2>No context on this server matched or handled this request")),
    default("wildfly", answer(200, page("Welcome to WildFly"))),
    default("caddy", answer(200, page("Caddy works!"))),
    default("lighttpd", answer(200, page("Welcome page", "Powered by lighttpd"))),
    default(
        "litespeed", answer(200, page("x", "Congratulations! You have successfully installed OLS"))
    ),
    default("plesk", answer(200, page("Web Server's Default Page"))),
    default("cpanel", redirect("/cgi-sys/defaultwebpage.cgi")),
    default(
        "cpanel_refresh",
        answer(200, '<meta http-equiv="refresh" content="0;url=/cgi-sys/defaultwebpage.cgi">'),
    ),
    default("xampp", answer(200, page("Welcome to XAMPP"))),
    default("django", answer(200, page("The install worked successfully! Congratulations!"))),
    default("wagtail", answer(200, page("Home", "<h1>Welcome to your new Wagtail site!</h1>"))),
    default("rails", answer(200, page("Ruby on Rails", "Yay! You&rsquo;re on Rails!"))),
    default("rails_7", answer(200, page("Ruby on Rails 7"))),
    default("azure_app_service", answer(200, page("Microsoft Azure App Service - Welcome"))),
    default("azure_waiting", answer(200, page("x", "Your web app is running and waiting for you"))),
    default("synology", answer(200, page("Hello! Welcome to Synology Web Station!"))),
    unclaimed("ingress_nginx", text(404, "default backend - 404")),
    unclaimed("github_pages", answer(404, "There isn't a GitHub Pages site here.")),
    unclaimed(
        "heroku", answer(404, "<iframe src='//www.herokucdn.com/error-pages/no-such-app.html'>")
    ),
    unclaimed("vercel", text(404, "x", headers={"x-vercel-error": "DEPLOYMENT_NOT_FOUND"})),
    unclaimed("fastly", text(500, "Fastly error: unknown domain: shop.example.com.")),
    unclaimed("s3", answer(404, "<Code>NoSuchBucket</Code>", kind="application/xml")),
    unclaimed("s3_site", answer(404, "<ul><li>Code: NoSuchBucket</li></ul>")),
    unclaimed("azure", answer(404, page("Microsoft Azure Web App - Error 404"))),
    unclaimed("shopify", answer(404, "Sorry, this shop is currently unavailable.")),
    unclaimed("netlify", text(404, "Not Found - Request ID: 01H")),
    unclaimed(
        "akamai",
        answer(400, page("Invalid URL"), headers={"server": "AkamaiGHost"}),
    ),
    unclaimed(
        "azure_front_door",
        answer(404, "We weren't able to find your Azure Front Door Service configuration."),
    ),
    unclaimed("railway", json(404, "{}", headers={"x-railway-fallback": "true"})),
    default(
        "nginx_proxy_manager",
        answer(200, page("Default Site", "You've successfully started the Nginx Proxy Manager.")),
    ),
    unclaimed("django", answer(400, page("DisallowedHost\n          at /") + LONG * 9)),
    unclaimed(
        "vite",
        text(
            403,
            'Blocked request. This host ("shop.example.com") is not allowed.\n'
            'To allow this host, add "shop.example.com" to `server.allowedHosts`',
        ),
    ),
    unclaimed("ngrok", text(404, "x", headers={"ngrok-error-code": "ERR_NGROK_3200"})),
    parked("sedo", answer(200, '<script src="https://img.sedoparking.com/x.js"></script>')),
    parked("parkingcrew", answer(200, '<script src="http://d1.parkingcrew.net/x"></script>')),
    parked("bodis", answer(200, '<iframe src="https://www.bodis.com/x"></iframe>')),
    parked("godaddy", answer(200, '<script>window.onload=()=>{location.href="/lander"}</script>')),
    parked("above", answer(200, '<a href="https://www.above.com/marketplace/x">x</a>')),
    parked("namecheap", answer(200, '<img src="http://parkingpage.namecheap.com/x.png">')),
    parked("for_sale", answer(200, page("example.com domain is for sale"))),
    parked("registered", answer(200, page("x", "<h1>This domain is parked</h1>"))),
    parked("market", redirect("https://www.hugedomains.com/domain_profile.cfm?d=x")),
)


def served(name: str, facts: HostFacts | PathFacts, kind: str = "website") -> Case:
    return Case(
        name=name,
        facts=facts,
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind=kind,
    )


TRAPS = (
    served("a shop with nginx in its title", answer(200, page("Welcome to nginx! A guide"))),
    served("a guide to the default page", answer(200, page("Guide", "<h1>It works!</h1>"))),
    served(
        "an article on a domain for sale",
        answer(200, page("News", "this domain is for sale" + LONG)),
    ),
    served("an article on parking", answer(200, page("Names", "This domain is parked" + LONG))),
    served(
        "a default page at the front and an application beside it",
        host(
            answer(200, page("Welcome to nginx!")),
            json(200, '{"status":"ok"}', path="/health"),
        ),
        kind="api",
    ),
    Case(
        name="a default page with the server's 404 beside it shows no application",
        facts=host(
            answer(200, page("Welcome to nginx!")),
            answer(404, page("404 Not Found", "<hr>nginx"), path="/api"),
        ),
        analyzable=False,
        code="default_page",
        rule="default.nginx",
        kind="default_page",
    ),
)


@pytest.mark.parametrize("case", PLACEHOLDERS, ids=str)
def test_a_placeholder_is_told_with_its_rule(case: Case) -> None:
    check(case)


# That a page has no title, as Apache's, cannot be taken away.
TITLED = [case for case in PLACEHOLDERS if case.name != "apache_it_works"]


@pytest.mark.parametrize("case", TITLED, ids=str)
def test_a_placeholder_rule_needs_each_field_it_matched(case: Case) -> None:
    check_each_field_matters(case)


@pytest.mark.parametrize("case", TRAPS, ids=str)
def test_what_only_resembles_a_placeholder_is_none(case: Case) -> None:
    check(case)
