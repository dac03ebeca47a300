"""The challenge, block and login pages of content networks and clouds, one rule each.

A rule here is definitive: what it looks at appears on the vendor's own page and not on a page that
was merely delivered through the vendor. What only shows presence is in presence.py. Sources name
the vendor's documentation or the public tool that recorded the page.
"""

from typing import Final

from services.prober.judge.rule import (
    Effect,
    Rule,
    body,
    cookie,
    header,
    header_begins,
    header_is,
    title,
    title_has,
    title_is,
)

_BLOCK_PAGE_CHARS: Final = 16384
_SHORT_PAGE_CHARS: Final = 4096

_CLOUDFLARE: Final = (
    Rule(
        id="cloudflare.challenge",
        effect=Effect.CHALLENGE,
        vendor="Cloudflare",
        source="developers.cloudflare.com: Detect a Challenge Page response",
        every=(header_is("cf-mitigated", "challenge"),),
    ),
    Rule(
        # Without the header: old editions, and copies behind another proxy.
        # The path /cdn-cgi/challenge-platform/ alone is on served pages too.
        id="cloudflare.challenge_page",
        effect=Effect.CHALLENGE,
        vendor="Cloudflare",
        source="nodriver and FlareSolverr page marks; signals 1.2",
        statuses=frozenset({403, 429, 503}),
        some=(body("_cf_chl_opt"), body("cf-browser-verification"), body("jschl-answer")),
    ),
    Rule(
        id="cloudflare.rate_limit",
        effect=Effect.RATE_LIMIT,
        vendor="Cloudflare",
        source="developers.cloudflare.com: Error 1015",
        statuses=frozenset({429}),
        some=(body("error code: 1015"), body('cf-error-code">1015'), body("error 1015")),
    ),
    Rule(
        id="cloudflare.block",
        effect=Effect.BLOCK,
        vendor="Cloudflare",
        source="developers.cloudflare.com: Errors 1006-1012, 1020; block page",
        statuses=frozenset({403}),
        some=(
            title("attention required! | cloudflare"),
            body("sorry, you have been blocked"),
            body("error code: 1020"),
            body("error code: 1010"),
            body("error code: 1009"),
            body("error code: 1006"),
            body('cf-error-code">10'),
        ),
    ),
    Rule(
        id="cloudflare.unclaimed",
        effect=Effect.UNCLAIMED,
        vendor="Cloudflare",
        source="developers.cloudflare.com: Errors 1001, 1014",
        statuses=frozenset({403, 409, 530}),
        some=(body("error code: 1001"), body("error code: 1014"), body("error 1014")),
    ),
    Rule(
        id="cloudflare.origin_error",
        effect=Effect.ORIGIN_ERROR,
        vendor="Cloudflare",
        source="developers.cloudflare.com: Errors 520-527, 530",
        statuses=frozenset({520, 521, 522, 523, 524, 525, 526, 527, 530}),
        some=(header_is("server", "cloudflare"), header("cf-ray")),
    ),
)

_AMAZON: Final = (
    Rule(
        id="aws_waf.challenge",
        effect=Effect.CHALLENGE,
        vendor="AWS WAF",
        source="docs.aws.amazon.com: CAPTCHA and Challenge actions",
        some=(
            header_is("x-amzn-waf-action", "challenge"),
            header_is("x-amzn-waf-action", "captcha"),
        ),
    ),
    Rule(
        id="aws_waf.challenge_page",
        effect=Effect.CHALLENGE,
        vendor="AWS WAF",
        source="docs.aws.amazon.com: CAPTCHA and Challenge actions; signals 1.2",
        statuses=frozenset({202, 405, 403}),
        every=(body("gokuprops"),),
        some=(body("challenge.js"), body("captcha.js"), body("awswaf.com")),
    ),
    Rule(
        # A load balancer's own page; what a listener answers by a rule of its owner's is another.
        id="aws_waf.block",
        effect=Effect.BLOCK,
        vendor="AWS WAF",
        source="repost.aws: what a load balancer answers when AWS WAF blocks",
        statuses=frozenset({403}),
        every=(header_is("server", "awselb/2.0"), body("<center><h1>403 forbidden</h1></center>")),
        body_limit=_SHORT_PAGE_CHARS,
    ),
    Rule(
        # Its WAF and a refusal of the origin's bucket show the same page.
        id="cloudfront.error",
        effect=Effect.UNCLEAR,
        vendor="CloudFront",
        source="docs.aws.amazon.com: Troubleshooting error responses",
        statuses=frozenset({403, 502, 503, 504}),
        some=(
            body("the request could not be satisfied"),
            header_begins("x-cache", "error from cloudfront"),
        ),
    ),
)

_AKAMAI: Final = (
    Rule(
        id="akamai.challenge",
        effect=Effect.CHALLENGE,
        vendor="Akamai Bot Manager",
        source="techdocs.akamai.com: Bot Manager challenge; signals 1.2",
        statuses=frozenset({428, 403, 429}),
        some=(body("sec-cp-challenge"), body("sec-if-cpt-container"), cookie("sec_cpt")),
    ),
    Rule(
        id="akamai.verify",
        effect=Effect.CHALLENGE,
        vendor="Akamai Bot Manager",
        source="recorded interstitial: refresh to ?bm-verify=",
        every=(body("bm-verify="), body('http-equiv="refresh"')),
        body_limit=_BLOCK_PAGE_CHARS,
    ),
    Rule(
        # The edge names itself only on answers it makes; the origin's 403 keeps its own Server.
        id="akamai.block",
        effect=Effect.BLOCK,
        vendor="Akamai",
        source="wafw00f kona; community.akamai.com: Reference # error page",
        statuses=frozenset({403, 429}),
        some=(
            header_begins("server", "akamaighost"),
            body("errors.edgesuite.net"),
            body("errors.edgekey.net"),
            # As the edge writes it today: every sign that is no letter, escaped.
            body("errors&#46;edgesuite&#46;net"),
        ),
        body_limit=_BLOCK_PAGE_CHARS,
    ),
    Rule(
        id="akamai.error",
        effect=Effect.UNCLEAR,
        vendor="Akamai",
        source="is-antibot: akamai-cache-status Error from child",
        statuses=frozenset({403, 500, 502, 503, 504}),
        every=(header_begins("akamai-cache-status", "error"),),
    ),
)

_CLOUDS: Final = (
    Rule(
        id="vercel.challenge",
        effect=Effect.CHALLENGE,
        vendor="Vercel Firewall",
        source="vercel.com/docs: Attack Challenge Mode",
        every=(header_is("x-vercel-mitigated", "challenge"),),
    ),
    Rule(
        id="vercel.block",
        effect=Effect.BLOCK,
        vendor="Vercel Firewall",
        source="vercel.com/docs: firewall actions",
        every=(header_is("x-vercel-mitigated", "deny"),),
    ),
    Rule(
        id="vercel.challenge_page",
        effect=Effect.CHALLENGE,
        vendor="Vercel Firewall",
        source="vercel.com/docs: security checkpoint page",
        statuses=frozenset({403, 429}),
        every=(title("vercel security checkpoint"),),
    ),
    Rule(
        id="azure_front_door.block",
        effect=Effect.BLOCK,
        vendor="Azure Front Door",
        source="learn.microsoft.com: WAF default block response",
        statuses=frozenset({403, 405, 406, 429}),
        every=(header("x-azure-ref"), body("the request is blocked")),
    ),
    Rule(
        # Operators may choose 200 too; then only the whole default page will do.
        id="azure_front_door.block_page",
        effect=Effect.BLOCK,
        vendor="Azure Front Door",
        source="learn.microsoft.com: WAF default block response, custom status",
        statuses=frozenset({200}),
        every=(header("x-azure-ref"), body("<h2>the request is blocked.</h2>")),
        body_limit=_SHORT_PAGE_CHARS,
    ),
    Rule(
        id="azure_app_service.block",
        effect=Effect.BLOCK,
        vendor="Azure App Service",
        source="learn.microsoft.com: App Service access restrictions",
        statuses=frozenset({403}),
        every=(header("x-ms-forbidden-ip"),),
    ),
    Rule(
        id="fastly.challenge",
        effect=Effect.CHALLENGE,
        vendor="Fastly",
        source="fastly.com/documentation: client challenges",
        every=(title_is("client challenge"), body("/_fs-ch-")),
        body_limit=_BLOCK_PAGE_CHARS,
    ),
    Rule(
        id="azure_app_gateway.block",
        effect=Effect.BLOCK,
        vendor="Azure Application Gateway",
        source="learn.microsoft.com: Application Gateway WAF",
        statuses=frozenset({403}),
        every=(body("microsoft-azure-application-gateway/v2"),),
    ),
    Rule(
        id="cloudflare.waiting_room",
        effect=Effect.WAITING_ROOM,
        vendor="Cloudflare Waiting Room",
        source="developers.cloudflare.com: Waiting Room cookies and template",
        every=(cookie("__cfwaitingroom"),),
        some=(title_is("waiting room"), title_has("waiting room"), body("estimated wait time")),
    ),
)

_ACCESS_PROXIES: Final = (
    Rule(
        id="google_iap.login",
        effect=Effect.ACCESS_PROXY,
        vendor="Google Identity-Aware Proxy",
        source="cloud.google.com/iap/docs: X-Goog-IAP-Generated-Response",
        statuses=frozenset({302, 401, 403}),
        every=(header("x-goog-iap-generated-response"),),
    ),
    Rule(
        id="vercel.protection",
        effect=Effect.ACCESS_PROXY,
        vendor="Vercel Deployment Protection",
        source="vercel.com/docs: Vercel Authentication",
        statuses=frozenset({401}),
        every=(cookie("_vercel_sso_nonce"),),
    ),
)

RULES: Final = (*_CLOUDFLARE, *_AMAZON, *_AKAMAI, *_CLOUDS, *_ACCESS_PROXIES)
