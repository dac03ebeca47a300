"""The challenge and block pages of bot defences, and of sites that refuse by themselves.

Definitive like the rules of blocks.py: their scripts and cookies are on served pages too, so each
rule asks for the status, the decision header or the page that only a refusal has.
"""

from typing import Final

from services.prober.judge.rule import (
    Effect,
    Rule,
    body,
    header,
    header_begins,
    header_has,
    header_is,
    header_is_not,
    location_has,
    title,
)

_DENIALS: Final = frozenset({401, 403, 405, 406, 429, 503})
_BLOCK_PAGE_CHARS: Final = 16384
_SCRIPT_CHARS: Final = 2048
_NO_WORDS: Final = 0

RULES: Final = (
    Rule(
        # An incident page of any status; the injected script alone is on served pages too.
        id="imperva.block",
        effect=Effect.BLOCK,
        vendor="Imperva",
        source="docs.imperva.com: Incapsula incident ID; heritrix saw it on 404",
        every=(body("incapsula incident id"),),
        some=(body("_incapsula_resource"), header("x-iinfo"), header_is("x-cdn", "incapsula")),
        body_limit=_BLOCK_PAGE_CHARS,
    ),
    Rule(
        # Nothing but the script, often with 200; on a served page there is something to read.
        id="imperva.challenge",
        effect=Effect.CHALLENGE,
        vendor="Imperva",
        source="recorded interstitial: _Incapsula_Resource?SWJIYLWA in an empty page",
        every=(body('<script src="/_incapsula_resource?swjiylwa='),),
        body_limit=_SCRIPT_CHARS,
        text_limit=_NO_WORDS,
    ),
    Rule(
        id="imperva.interruption",
        effect=Effect.CHALLENGE,
        vendor="Imperva",
        source="recorded interstitial: reeseSkipExpirationCheck, with 200",
        every=(body("reeseskipexpirationcheck"), body("pardon our interruption")),
        body_limit=_BLOCK_PAGE_CHARS,
    ),
    Rule(
        id="datadome.decision",
        effect=Effect.CHALLENGE,
        vendor="DataDome",
        source="docs.datadome.co: response headers; is-antibot",
        some=(header_is("x-dd-b", "1"), header_is("x-dd-b", "2")),
    ),
    Rule(
        id="datadome.challenge",
        effect=Effect.CHALLENGE,
        vendor="DataDome",
        source="docs.datadome.co: challenge page; is-antibot",
        statuses=_DENIALS,
        some=(
            body("captcha-delivery.com"),
            header_is_not("x-datadome", "protected"),
        ),
    ),
    Rule(
        id="human.challenge",
        effect=Effect.CHALLENGE,
        vendor="HUMAN (PerimeterX)",
        source="docs.humansecurity.com: block page and Advanced Blocking Response",
        statuses=frozenset({403, 429}),
        some=(
            body("px-captcha"),
            body("_pxappid"),
            body("whywasiblocked"),
            body("because we believe you are using automation tools"),
            body('"blockscript"'),
        ),
    ),
    Rule(
        # Some send visitors to a page of their own for it, with 200.
        id="human.captcha_page",
        effect=Effect.CHALLENGE,
        vendor="HUMAN (PerimeterX)",
        source="recorded page: Robot or human?",
        every=(body("px-captcha"),),
        some=(title("robot or human"), title("access to this page has been denied")),
        body_limit=_BLOCK_PAGE_CHARS,
    ),
    Rule(
        id="reblaze.challenge",
        effect=Effect.CHALLENGE,
        vendor="Reblaze",
        source="curiefense: tests of deny_bot, with 247",
        statuses=frozenset({247}),
        every=(body("window.rbzns="),),
    ),
    Rule(
        id="yandex.captcha",
        effect=Effect.CHALLENGE,
        vendor="Yandex SmartCaptcha",
        source="recorded redirect to /showcaptcha",
        statuses=frozenset({302, 303, 307}),
        every=(location_has("/showcaptcha?"),),
    ),
    Rule(
        id="amazon.robot_check",
        effect=Effect.CHALLENGE,
        vendor="Amazon's robot check",
        source="recorded page: /errors/validateCaptcha, with 200",
        every=(body("/errors/validatecaptcha"), body("api-services-support@amazon.com")),
        body_limit=_BLOCK_PAGE_CHARS,
    ),
    Rule(
        id="kasada.challenge",
        effect=Effect.CHALLENGE,
        vendor="Kasada",
        source="signals 1.2: 429 with x-kpsdk headers, ips.js",
        statuses=frozenset({429, 403}),
        some=(header("x-kpsdk-*"), body("kpsdk")),
    ),
    Rule(
        # Linking to the project is no sign; the challenge element is.
        id="anubis.challenge",
        effect=Effect.CHALLENGE,
        vendor="Anubis",
        source="wafw00f anubis; TecharoHQ/anubis",
        some=(
            body('<script id="anubis_challenge"'),
            location_has("/.within.website/"),
        ),
    ),
    Rule(
        id="ddos_guard.challenge",
        effect=Effect.CHALLENGE,
        vendor="DDoS-Guard",
        source="wafw00f ddosguard; FlareSolverr title list",
        statuses=frozenset({403, 429, 503}),
        every=(header_begins("server", "ddos-guard"),),
        some=(title("ddos-guard"), body("/.well-known/ddos-guard/"), body("check.ddos-guard.net")),
    ),
    Rule(
        id="qrator.block",
        effect=Effect.BLOCK,
        vendor="Qrator",
        source="recorded 403 page: Qrator reference text",
        statuses=frozenset({401, 403}),
        every=(header_begins("server", "qrator"), body("qrator")),
    ),
    Rule(
        # A script that computes one cookie and loads the page again.
        id="alibaba.challenge",
        effect=Effect.CHALLENGE,
        vendor="Alibaba Cloud WAF",
        source="recorded interstitial: arg1 and acw_sc__v2",
        every=(body("acw_sc__v2"), body("arg1=")),
        body_limit=_BLOCK_PAGE_CHARS,
    ),
    Rule(
        id="testcookie.challenge",
        effect=Effect.CHALLENGE,
        vendor="A cookie test (testcookie-nginx-module)",
        source="kyprizel/testcookie-nginx-module: refresh template with SlowAES",
        every=(body("slowaes.decrypt("), body("document.cookie")),
        body_limit=_BLOCK_PAGE_CHARS,
    ),
    Rule(
        id="alibaba.block",
        effect=Effect.BLOCK,
        vendor="Alibaba Cloud WAF",
        source="wafw00f aliyundun",
        statuses=frozenset({403, 405}),
        some=(body("errors.aliyun.com"), body("error.aliyun.com")),
    ),
    Rule(
        id="queue_it.waiting_room",
        effect=Effect.WAITING_ROOM,
        vendor="Queue-it",
        source="support.queue-it.com: visitors are redirected to queue-it.net",
        statuses=frozenset({301, 302, 303, 307}),
        some=(location_has(".queue-it.net/"), location_has("?c=queueit")),
    ),
    Rule(
        # No assigned status of HTTP; LinkedIn answers automation with it.
        id="generic.999",
        effect=Effect.BLOCK,
        vendor="The site",
        source="is-antibot: linkedin",
        statuses=frozenset({999}),
    ),
    Rule(
        id="generic.legal",
        effect=Effect.BLOCK,
        vendor="The site, for legal reasons (status 451),",
        source="RFC 7725",
        statuses=frozenset({451}),
    ),
    Rule(
        id="google.unusual_traffic",
        effect=Effect.CHALLENGE,
        vendor="Google",
        source="support.google.com: unusual traffic from your computer network",
        statuses=frozenset({302, 303, 307}),
        every=(location_has("google.com/sorry/"),),
    ),
    Rule(
        id="siteground.challenge",
        effect=Effect.CHALLENGE,
        vendor="SiteGround",
        source="wafw00f siteground; recorded 202 with SG-Captcha",
        some=(
            header_has("sg-captcha", "challenge"),
            body("our system thinks you might be a robot!"),
        ),
    ),
)
