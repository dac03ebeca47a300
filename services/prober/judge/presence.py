"""Who stands in front of a host, by headers and cookies: recorded, never decisive."""

from typing import Final

from services.prober.judge.page import Page
from services.prober.judge.rule import (
    Effect,
    Mark,
    Rule,
    cookie,
    evidence_for,
    header,
    header_begins,
    header_has,
    header_is,
)
from services.prober.judge.sieve import Sieve
from services.prober.judge.verdict import Evidence

_SOURCE: Final = "signals 1.3"

# Vendor id, its name for people, and any one of its marks.
_VENDORS: Final[tuple[tuple[str, str, tuple[Mark, ...]], ...]] = (
    (
        "cloudflare",
        "Cloudflare",
        (header_is("server", "cloudflare"), header("cf-ray"), cookie("__cf_bm")),
    ),
    ("cloudfront", "CloudFront", (header("x-amz-cf-id"), header_has("via", "cloudfront"))),
    ("aws_waf", "AWS WAF", (cookie("aws-waf-token"),)),
    (
        "akamai",
        "Akamai",
        (
            header_begins("server", "akamai"),
            header("akamai-grn"),
            header("x-akamai-*"),
        ),
    ),
    (
        "akamai_bot_manager",
        "Akamai Bot Manager",
        (cookie("_abck"), cookie("ak_bmsc"), cookie("bm_sv"), cookie("bm_sz")),
    ),
    (
        "imperva",
        "Imperva",
        (
            header("x-iinfo"),
            header_is("x-cdn", "incapsula"),
            header_is("x-cdn", "imperva"),
            cookie("incap_ses_"),
            cookie("visid_incap_"),
            cookie("reese84"),
        ),
    ),
    ("fastly", "Fastly", (header("x-fastly-request-id"), header_begins("x-served-by", "cache-"))),
    ("azure_front_door", "Azure Front Door", (header("x-azure-ref"),)),
    ("google", "Google Cloud load balancer", (header_has("via", "1.1 google"),)),
    ("sucuri", "Sucuri", (header("x-sucuri-id"), header("x-sucuri-cache"))),
    ("datadome", "DataDome", (header("x-datadome"), cookie("datadome"))),
    ("human", "HUMAN (PerimeterX)", (cookie("_px3"), cookie("_pxhd"))),
    ("vercel", "Vercel", (header("x-vercel-id"),)),
    ("ddos_guard", "DDoS-Guard", (header_begins("server", "ddos-guard"), cookie("__ddg"))),
    ("qrator", "Qrator", (header_begins("server", "qrator"),)),
    ("wallarm", "Wallarm", (header_begins("server", "nginx-wallarm"),)),
    ("imunify360", "Imunify360", (header_begins("server", "imunify360"),)),
    # TS01 and six hexadecimal digits: my.f5.com, cookies of BIG-IP ASM.
    ("f5", "F5 BIG-IP", (cookie("bigipserver"), cookie("ts01"))),
    ("barracuda", "Barracuda", (cookie("barra_counter_session"),)),
    ("reblaze", "Reblaze", (cookie("rbzid"),)),
    ("fortiweb", "FortiWeb", (cookie("fortiwafsid"),)),
    ("huawei", "Huawei Cloud WAF", (cookie("hwwafsesid"),)),
    ("citrix", "Citrix NetScaler", (cookie("citrix_ns_id"),)),
    ("link11", "Link11", (header_begins("server", "rhino-core-shield"),)),
    ("anubis", "Anubis", (cookie("techaro.lol-anubis"),)),
    # docs.aws.amazon.com: sticky sessions; the Server header of answers it makes itself.
    ("aws_elb", "AWS load balancer", (cookie("awsalb"), header_begins("server", "awselb/"))),
    ("netlify", "Netlify", (header("x-nf-request-id"),)),
    ("heroku", "Heroku", (header_has("via", "vegur"), header_has("via", "heroku-router"))),
    ("fly", "Fly.io", (header("fly-request-id"),)),
    ("github_pages", "GitHub Pages", (header_is("server", "github.com"),)),
    ("azion", "Azion", (header("x-azion-*"),)),
    ("kasada", "Kasada", (cookie("kp_uidz"),)),
    ("variti", "Variti", (header_begins("server", "variti"),)),
)

RULES: Final = tuple(
    Rule(id=f"{name}.present", effect=Effect.PRESENT, vendor=vendor, source=_SOURCE, some=marks)
    for name, vendor, marks in _VENDORS
)

_SIEVE: Final = Sieve(RULES)


def in_front(page: Page) -> tuple[tuple[str, tuple[Evidence, ...]], ...]:
    """Return each vendor seen in front of an answer, with what showed it."""
    found = ((rule.vendor, evidence_for(rule, page)) for rule in _SIEVE.candidates(page))
    return tuple((vendor, evidence) for vendor, evidence in found if evidence)
