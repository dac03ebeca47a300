import pytest

from services.prober.facts import PathFacts
from tests.unit.prober.judge.cases import Case, check, check_each_field_matters
from tests.unit.prober.judge.shapes import answer, json, text

CF = {"server": "cloudflare", "cf-ray": "8f2b3c4d5e6f7-SJC"}
SERVED = "<html><head><title>Shop</title></head><body><p>Buy our shoes.</p>"
# What Cloudflare adds to pages it merely delivers.
JSD = '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>'


def wall(name: str, facts: PathFacts, code: str, rule: str) -> Case:
    return Case(name=name, facts=facts, analyzable=False, code=code, rule=rule)


WALLS = (
    wall(
        "cloudflare managed challenge",
        answer(403, "<title>Just a moment...</title>", headers={**CF, "cf-mitigated": "challenge"}),
        "challenge",
        "cloudflare.challenge",
    ),
    wall(
        "cloudflare challenge sent with 503",
        answer(503, "x", headers={**CF, "cf-mitigated": "challenge"}),
        "challenge",
        "cloudflare.challenge",
    ),
    wall(
        "cloudflare challenge sent with 429 is no rate limit",
        answer(429, "x", headers={**CF, "cf-mitigated": "challenge"}),
        "challenge",
        "cloudflare.challenge",
    ),
    wall(
        "cloudflare challenge whose header a proxy took away",
        answer(403, "<script>window._cf_chl_opt={cvId:'3'}</script>"),
        "challenge",
        "cloudflare.challenge_page",
    ),
    wall(
        "cloudflare block page",
        answer(403, "<h1>Sorry, you have been blocked</h1>", headers=CF),
        "block",
        "cloudflare.block",
    ),
    wall(
        "cloudflare firewall rule told in plain text",
        text(403, "error code: 1020", headers=CF),
        "block",
        "cloudflare.block",
    ),
    wall(
        "cloudflare rate limit",
        text(429, "error code: 1015", headers=CF),
        "rate_limited",
        "cloudflare.rate_limit",
    ),
    wall(
        "cloudflare cannot reach the origin",
        answer(522, "<title>Connection timed out</title>", headers={"server": "cloudflare"}),
        "origin_error",
        "cloudflare.origin_error",
    ),
    Case(
        name="cloudflare knows no such name",
        facts=text(409, "error code: 1001", headers=CF),
        analyzable=False,
        code="unclaimed_host",
        rule="cloudflare.unclaimed",
        kind="default_page",
    ),
    wall(
        "aws waf challenge",
        answer(202, "", headers={"x-amzn-waf-action": "challenge"}),
        "challenge",
        "aws_waf.challenge",
    ),
    wall(
        "aws waf captcha",
        answer(405, "<title>Human Verification</title>", headers={"x-amzn-waf-action": "captcha"}),
        "challenge",
        "aws_waf.challenge",
    ),
    wall(
        "aws waf interstitial whose header is missing",
        answer(202, '<script>window.gokuProps={};</script><script src="x/challenge.js"></script>'),
        "challenge",
        "aws_waf.challenge_page",
    ),
    wall(
        "aws waf blocks at a load balancer",
        answer(403, "<center><h1>403 Forbidden</h1></center>", headers={"server": "awselb/2.0"}),
        "block",
        "aws_waf.block",
    ),
    wall(
        "an access restriction of azure",
        answer(403, "x", headers={"x-ms-forbidden-ip": "192.0.2.9"}),
        "block",
        "azure_app_service.block",
    ),
    wall(
        "fastly's challenge",
        answer(
            200, '<title>Client Challenge</title><script src="/_fs-ch-1T1w/script.js"></script>'
        ),
        "challenge",
        "fastly.challenge",
    ),
    wall(
        "akamai interstitial answer",
        json(428, '{"sec-cp-challenge": "true", "provider": "crypto"}'),
        "challenge",
        "akamai.challenge",
    ),
    wall(
        "akamai refresh to itself with a token",
        answer(200, '<meta http-equiv="refresh" content="5; URL=\'/?bm-verify=AAQA\'">'),
        "challenge",
        "akamai.verify",
    ),
    wall(
        "akamai denies by its own server",
        answer(403, "<h1>Access Denied</h1>", headers={"server": "AkamaiGHost"}),
        "block",
        "akamai.block",
    ),
    wall(
        "akamai denies with a link to its error page",
        answer(403, "Reference #18.2d https://errors.edgesuite.net/18.2d"),
        "block",
        "akamai.block",
    ),
    wall(
        "akamai denies with the link escaped",
        answer(403, "<P>https&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18&#46;2d</P>"),
        "block",
        "akamai.block",
    ),
    wall(
        "vercel attack challenge",
        answer(429, "", headers={"x-vercel-mitigated": "challenge"}),
        "challenge",
        "vercel.challenge",
    ),
    wall(
        "vercel firewall denies",
        text(403, "Forbidden", headers={"x-vercel-mitigated": "deny"}),
        "block",
        "vercel.block",
    ),
    wall(
        "vercel checkpoint told by its title",
        answer(429, "<title>Vercel Security Checkpoint</title>"),
        "challenge",
        "vercel.challenge_page",
    ),
    wall(
        "azure front door blocks",
        answer(403, "<h2>The request is blocked.</h2>", headers={"x-azure-ref": "0abc"}),
        "block",
        "azure_front_door.block",
    ),
    wall(
        "azure front door blocks with 200",
        answer(200, "<h2>The request is blocked.</h2>", headers={"x-azure-ref": "0abc"}),
        "block",
        "azure_front_door.block_page",
    ),
    wall(
        "azure application gateway blocks",
        answer(403, "<center>Microsoft-Azure-Application-Gateway/v2</center>"),
        "block",
        "azure_app_gateway.block",
    ),
    wall(
        "cloudflare waiting room",
        answer(
            200,
            "<title>Waiting Room</title>",
            headers=(("set-cookie", "__cfwaitingroom=Chh; path=/"),),
        ),
        "waiting_room",
        "cloudflare.waiting_room",
    ),
    Case(
        name="google identity-aware proxy",
        facts=answer(401, "Invalid IAP", headers={"x-goog-iap-generated-response": "true"}),
        analyzable=False,
        code="access_proxy",
        rule="google_iap.login",
        kind="login_app",
        auth=True,
    ),
    Case(
        name="vercel deployment protection",
        facts=answer(
            401,
            "<title>Authentication Required</title>",
            headers=(("set-cookie", "_vercel_sso_nonce=x; Path=/"),),
        ),
        analyzable=False,
        code="access_proxy",
        rule="vercel.protection",
        kind="login_app",
        auth=True,
    ),
)


def served(name: str, facts: PathFacts) -> Case:
    return Case(
        name=name,
        facts=facts,
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
    )


def unclear(name: str, facts: PathFacts, rule: str = "status.unclear", kind: str = "none") -> Case:
    return Case(name=name, facts=facts, analyzable=False, code="ambiguous", rule=rule, kind=kind)


TRAPS = (
    served("a page behind cloudflare", answer(200, SERVED, headers=CF)),
    served(
        "cloudflare's detection script on a served page",
        answer(200, SERVED + JSD, headers={**CF, "set-cookie": "__cf_bm=x"}),
    ),
    served(
        "an article about the cloudflare block page",
        answer(200, SERVED + "<p>It says: Sorry, you have been blocked. error code: 1020"),
    ),
    served(
        "a page with an aws waf token",
        answer(200, SERVED, headers={"set-cookie": "aws-waf-token=x", "x-amzn-requestid": "1"}),
    ),
    served(
        "akamai delivers a page",
        answer(200, SERVED, headers={"server": "AkamaiGHost", "akamai-grn": "0.1"}),
    ),
    served("azure front door delivers a page", answer(200, SERVED, headers={"x-azure-ref": "0"})),
    served(
        "a page about the blocked request",
        answer(200, SERVED + "The request is blocked", headers={"x-azure-ref": "0"}),
    ),
    served(
        "a long page with the headline of the block page",
        answer(
            200,
            SERVED * 80 + "<h2>The request is blocked.</h2>",
            headers={"x-azure-ref": "0"},
        ),
    ),
    served("a page that mentions a waiting room", answer(200, SERVED + "our waiting room")),
    unclear(
        "the application's own 403 behind cloudflare",
        answer(403, "<title>Forbidden</title><h1>CSRF verification failed.</h1>", headers=CF),
        kind="website",
    ),
    unclear(
        "a listener of a load balancer has a rule that answers 403",
        text(403, "No", headers={"server": "awselb/2.0"}),
        kind="api",
    ),
    unclear("cloudflare's blank 403 for a wrong Host", answer(403, "", headers=CF)),
    unclear(
        "cloudfront error page may be the origin's refusal",
        answer(403, "<H1>403 ERROR</H1><H2>The request could not be satisfied.</H2>"),
        rule="cloudfront.error",
    ),
    unclear(
        "akamai passes an error of the origin on",
        answer(503, "oops", headers={"akamai-cache-status": "Error from child"}),
        rule="akamai.error",
    ),
    unclear(
        "s3 denies access and is no firewall",
        answer(
            403,
            "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
            kind="application/xml",
            headers={"server": "AmazonS3"},
        ),
    ),
    Case(
        name="api gateway behind cloudfront misses a path",
        facts=json(
            403,
            '{"message":"Missing Authentication Token"}',
            headers={"x-amzn-requestid": "1", "x-cache": "Error from cloudfront"},
        ),
        analyzable=True,
        code="not_found",
        rule="status.api_gateway_missing_path",
        kind="api",
    ),
    Case(
        name="api gateway answers with its request id",
        facts=json(200, '{"ok":true}', headers={"x-amzn-requestid": "1"}),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="api",
    ),
)


@pytest.mark.parametrize("case", WALLS, ids=str)
def test_a_wall_is_told_with_its_rule(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", WALLS, ids=str)
def test_without_the_matched_field_the_rule_does_not_decide(case: Case) -> None:
    check_each_field_matters(case)


@pytest.mark.parametrize("case", TRAPS, ids=str)
def test_what_only_resembles_a_wall_is_none(case: Case) -> None:
    check(case)
