"""Pages that stand where an application could: server defaults, parked names, unclaimed hosts.

Each is told by what the product itself prints. Phrases count only in a short body: a guide to a
server quotes its welcome page, and a broker's article says a domain is for sale.
"""

from typing import Final

from services.prober.judge.rule import (
    Effect,
    Mark,
    Rule,
    body,
    header_begins,
    header_has,
    header_is,
    location_has,
    title,
    title_has,
    title_is,
)

_SHORT: Final = 16384
_FEW_WORDS: Final = 1500
_OK: Final = frozenset({200})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def _default(
    name: str,
    vendor: str,
    *every: Mark,
    statuses: frozenset[int] = _OK,
    some: tuple[Mark, ...] = (),
) -> Rule:
    return Rule(
        id=f"default.{name}",
        effect=Effect.DEFAULT_PAGE,
        vendor=vendor,
        source=f"the page {vendor} ships",
        statuses=statuses,
        every=every,
        some=some,
        body_limit=_SHORT,
    )


_DEFAULTS: Final = (
    _default("nginx", "nginx", title_is("welcome to nginx!")),
    _default(
        "nginx_distribution",
        "nginx",
        title("test page for the nginx http server"),
    ),
    _default("openresty", "OpenResty", title_is("welcome to openresty!")),
    _default("apache_debian", "Apache", title("apache2 debian default page")),
    _default("apache_ubuntu", "Apache", title("apache2 ubuntu default page")),
    _default(
        "apache_it_works",
        "Apache",
        body("<h1>it works!</h1>"),
        # The stock index.html is 45 bytes; a title of its own makes it somebody's page.
        some=(title_is(""), title_is("it works!"), title_has("it works")),
    ),
    _default(
        "apache_distribution",
        "Apache",
        some=(
            title("test page for the apache http server"),
            title("test page for the http server"),
            title("http server test page powered by"),
            title("apache http server test page"),
        ),
        # Red Hat's edition is the 403 of an empty folder.
        statuses=frozenset({200, 403}),
    ),
    _default(
        "iis",
        "IIS",
        some=(title_is("iis windows server"), title_is("iis windows"), title_is("iis7")),
    ),
    _default("tomcat", "Tomcat", body("you've successfully installed tomcat")),
    _default(
        "jetty", "Jetty", body("no context on this server matched"), statuses=frozenset({404})
    ),
    _default("wildfly", "WildFly", title("welcome to wildfly")),
    _default("caddy", "Caddy", title_is("caddy works!")),
    _default("nginx_proxy_manager", "Nginx Proxy Manager", body("started the nginx proxy manager")),
    _default("lighttpd", "lighttpd", title_is("welcome page"), body("lighttpd")),
    _default("litespeed", "LiteSpeed", body("congratulations! you have successfully installed")),
    _default(
        "plesk",
        "Plesk",
        some=(title_is("web server's default page"), title("domain default page")),
    ),
    _default("cpanel", "cPanel", location_has("/cgi-sys/defaultwebpage.cgi"), statuses=_REDIRECTS),
    _default(
        "cpanel_refresh",
        "cPanel",
        body("/cgi-sys/defaultwebpage.cgi"),
    ),
    _default("xampp", "XAMPP", title("welcome to xampp")),
    _default("django", "Django", title("the install worked successfully! congratulations!")),
    _default("wagtail", "Wagtail", body("welcome to your new wagtail site!")),
    _default("rails", "Rails", body("yay! you&rsquo;re on rails!")),
    _default("rails_7", "Rails", title_is("ruby on rails 7")),
    _default(
        "azure_app_service", "Azure App Service", title("microsoft azure app service - welcome")
    ),
    _default("azure_waiting", "Azure App Service", body("your web app is running and waiting")),
    _default("synology", "Synology Web Station", title_has("welcome to synology web station")),
)


def _unclaimed(name: str, vendor: str, statuses: frozenset[int], *every: Mark) -> Rule:
    return Rule(
        id=f"unclaimed.{name}",
        effect=Effect.UNCLAIMED,
        vendor=vendor,
        source=f"what {vendor} answers for a name it does not know",
        statuses=statuses,
        every=every,
        body_limit=_SHORT,
    )


_UNCLAIMED: Final = (
    _unclaimed("ingress_nginx", "ingress-nginx", frozenset({404}), body("default backend - 404")),
    _unclaimed(
        "github_pages",
        "GitHub Pages",
        frozenset({404}),
        body("there isn't a github pages site here"),
    ),
    _unclaimed("heroku", "Heroku", frozenset({404}), body("herokucdn.com/error-pages/no-such-app")),
    _unclaimed(
        "vercel",
        "Vercel",
        frozenset({404}),
        header_has("x-vercel-error", "deployment_not_found"),
    ),
    _unclaimed("fastly", "Fastly", frozenset({404, 500}), body("fastly error: unknown domain")),
    _unclaimed("s3", "Amazon S3", frozenset({404}), body("<code>nosuchbucket</code>")),
    _unclaimed("s3_site", "Amazon S3", frozenset({404}), body("<li>code: nosuchbucket</li>")),
    _unclaimed(
        "azure", "Azure App Service", frozenset({404}), title("microsoft azure web app - error 404")
    ),
    _unclaimed(
        "shopify",
        "Shopify",
        frozenset({404, 402}),
        body("sorry, this shop is currently unavailable"),
    ),
    _unclaimed("netlify", "Netlify", frozenset({404}), body("not found - request id:")),
    _unclaimed(
        "akamai",
        "Akamai",
        frozenset({400}),
        title_is("invalid url"),
        header_begins("server", "akamaighost"),
    ),
    _unclaimed(
        "azure_front_door",
        "Azure Front Door",
        frozenset({404}),
        body("find your azure front door service configuration"),
    ),
    _unclaimed("railway", "Railway", frozenset({404}), header_is("x-railway-fallback", "true")),
    # Its page of errors tells where to allow the name.
    _unclaimed("django", "Django", frozenset({400}), title("disallowedhost")),
    _unclaimed(
        "vite",
        "Vite",
        frozenset({403}),
        body("blocked request. this host ("),
        body("to allow this host, add"),
    ),
    _unclaimed(
        "ngrok", "ngrok", frozenset({404}), header_has("ngrok-error-code", "err_ngrok_3200")
    ),
)


def _parked(name: str, vendor: str, *every: Mark, some: tuple[Mark, ...] = ()) -> Rule:
    return Rule(
        id=f"parked.{name}",
        effect=Effect.PARKED,
        vendor=vendor,
        source=f"the parking page of {vendor}",
        statuses=frozenset({200, 403, 404}),
        every=every,
        some=some,
        body_limit=_SHORT,
        text_limit=_FEW_WORDS,
    )


_MARKETS: Final = (
    "hugedomains.com/domain_profile",
    "sedo.com/search/details",
    "dan.com/buy-domain",
    "afternic.com/forsale",
    "afternic.com/domain",
    "godaddy.com/forsale",
    "ww1.parklogic.com",
)

_PARKED: Final = (
    _parked("sedo", "Sedo", some=(body("sedoparking.com"), body("img.sedoparking"))),
    _parked("parkingcrew", "ParkingCrew", some=(body("parkingcrew.net"), body("parkingcrew.com"))),
    _parked("bodis", "Bodis", some=(body("bodis.com/"), body("parking.bodiscdn.com"))),
    _parked(
        "godaddy",
        "GoDaddy",
        some=(body('location.href="/lander"'), body("img1.wsimg.com/parking-lander")),
    ),
    _parked("above", "Above.com", body("above.com/marketplace")),
    _parked("namecheap", "Namecheap", body("parkingpage.namecheap.com")),
    _parked(
        "for_sale",
        "a domain seller",
        some=(
            title_has("domain is for sale"),
            title_has("domain name is for sale"),
            title_has("is for sale | hugedomains"),
            body("this domain is for sale"),
            body("the domain is for sale"),
            body("this domain may be for sale"),
            body("buy this domain"),
        ),
    ),
    _parked(
        "registered",
        "a registrar",
        some=(
            title_is("parked domain"),
            title_has("this domain is parked"),
            title_is("domain parked"),
            title_has("domain parking"),
            body("this domain is parked"),
            body("this domain name is parked"),
            body("domain is parked free"),
            body("this domain has been registered"),
            body("this domain name has been registered"),
        ),
    ),
    Rule(
        id="parked.market",
        effect=Effect.PARKED,
        vendor="a domain market",
        source="redirects of HugeDomains, Sedo, Dan, Afternic, GoDaddy",
        statuses=_REDIRECTS,
        some=tuple(location_has(market) for market in _MARKETS),
    ),
)

RULES: Final = (*_DEFAULTS, *_UNCLAIMED, *_PARKED)
