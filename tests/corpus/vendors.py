"""Who may stand in front of a host, under the names that the judge and wafw00f call it by."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from services.prober.judge.verdict import Verdict

# A vendor, and pieces of the names it goes by, in lower case.
VENDORS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Akamai": ("akamai",),
        "Alibaba Cloud": ("alibaba",),
        "Amazon S3": ("amazon s3",),
        "Amazon": ("amazon's",),
        "Anubis": ("anubis",),
        "AWS load balancer": ("aws elastic load balancer", "aws load balancer"),
        "AWS WAF": ("aws waf",),
        "Azion": ("azion",),
        "Azure": ("azure front door", "azure application gateway", "azure app service"),
        "Barracuda": ("barracuda",),
        "BitNinja": ("bitninja",),
        "Citrix": ("citrix",),
        "Cloudflare": ("cloudflare",),
        "CloudFront": ("cloudfront",),
        "DataDome": ("datadome",),
        "DDoS-Guard": ("ddos-guard",),
        "Distil": ("distil",),
        "dotDefender": ("dotdefender",),
        "F5": ("f5",),
        "Fastly": ("fastly",),
        "Fly.io": ("fly.io",),
        "Fortinet": ("forti",),
        "GitHub Pages": ("github pages",),
        "GoDaddy": ("godaddy",),
        "Google": ("google",),
        "Heroku": ("heroku",),
        "Huawei": ("huawei",),
        "HUMAN": ("human (", "perimeterx"),
        "Imperva": ("imperva",),
        "Imunify360": ("imunify360",),
        "ingress-nginx": ("ingress-nginx",),
        "Kasada": ("kasada",),
        "Link11": ("link11",),
        "MalCare": ("malcare",),
        "ModSecurity": ("modsecurity",),
        "NAXSI": ("naxsi",),
        "Netlify": ("netlify",),
        "ngrok": ("ngrok",),
        "NinjaFirewall": ("ninjafirewall",),
        "Pomerium": ("pomerium",),
        "Qrator": ("qrator",),
        "Queue-it": ("queue-it",),
        "Radware": ("radware",),
        "Railway": ("railway",),
        "Reblaze": ("reblaze",),
        "Shield Security": ("shield security",),
        "Shopify": ("shopify",),
        "SiteGround": ("siteground",),
        "SonicWall": ("sonicwall",),
        "Sophos": ("sophos",),
        "StackPath": ("stackpath",),
        "Sucuri": ("sucuri",),
        "testcookie": ("testcookie",),
        "Variti": ("variti",),
        "Vercel": ("vercel",),
        "Wallarm": ("wallarm",),
        "WebKnight": ("webknight",),
        "Wordfence": ("wordfence",),
        "WP Cerber": ("wp cerber",),
        "Yandex": ("yandex",),
    }
)


def vendors_in(names: Iterable[str]) -> frozenset[str]:
    """Return who is meant by names as a tool gives them; a stranger keeps the name it has."""
    found: set[str] = set()
    for name in names:
        lowered = name.lower()
        known = [vendor for vendor, pieces in VENDORS.items() if any(p in lowered for p in pieces)]
        found.update(known or [name])
    return frozenset(found)


def vendors_named(verdict: Verdict) -> frozenset[str]:
    """Return who the judge says stands in front."""
    return vendors_in(layer.vendor for layer in verdict.layers)
