import pytest

from services.prober.judge.decide import verdict_for
from services.prober.judge.presence import RULES, in_front
from services.prober.judge.rule import Effect
from services.prober.judge.verdict import Action
from tests.unit.prober.judge.shapes import Headers, answer, host, ready

PAGE = "<html><head><title>Shop</title></head><body>Shoes</body></html>"
MARKS: dict[str, Headers] = {
    "Cloudflare": {"cf-ray": "1"},
    "CloudFront": {"via": "1.1 abc.cloudfront.net (CloudFront)"},
    "AWS WAF": {"set-cookie": "aws-waf-token=x"},
    "Akamai": {"akamai-grn": "0.1"},
    "Imperva": {"set-cookie": "visid_incap_12=x; Path=/"},
    "Fastly": {"x-served-by": "cache-fra-1"},
    "Azure Front Door": {"x-azure-ref": "0"},
    "Google Cloud load balancer": {"via": "1.1 google"},
    "Sucuri": {"x-sucuri-id": "11"},
    "DataDome": {"x-datadome": "protected"},
    "HUMAN (PerimeterX)": {"set-cookie": "_pxhd=x"},
    "Vercel": {"x-vercel-id": "fra1"},
    "DDoS-Guard": {"set-cookie": "__ddg1_=x"},
    "Qrator": {"server": "QRATOR"},
    "Wallarm": {"server": "nginx-wallarm"},
    "Imunify360": {"server": "imunify360-webshield/1.2"},
    "F5 BIG-IP": {"set-cookie": "BIGipServerpool=1"},
    "Barracuda": {"set-cookie": "barra_counter_session=1"},
    "Reblaze": {"set-cookie": "rbzid=1"},
    "FortiWeb": {"set-cookie": "FORTIWAFSID=1"},
    "Huawei Cloud WAF": {"set-cookie": "HWWAFSESID=1"},
    "Citrix NetScaler": {"set-cookie": "citrix_ns_id=1"},
    "Link11": {"server": "rhino-core-shield"},
    "Akamai Bot Manager": {"set-cookie": "_abck=x"},
    "AWS load balancer": {"set-cookie": "AWSALB=x"},
    "Netlify": {"x-nf-request-id": "01"},
    "Heroku": {"via": "1.1 vegur"},
    "Fly.io": {"fly-request-id": "01"},
    "GitHub Pages": {"server": "GitHub.com"},
    "Anubis": {"set-cookie": "techaro.lol-anubis-auth=1"},
    "Azion": {"x-azion-edge-pop": "fra01"},
    "Kasada": {"set-cookie": "KP_UIDz=1"},
    "Variti": {"server": "Variti/0.9"},
}


@pytest.mark.parametrize("vendor", MARKS)
def test_who_stands_in_front_is_recorded_and_decides_nothing(vendor: str) -> None:
    verdict = verdict_for(host(answer(200, PAGE, headers=MARKS[vendor])))
    assert verdict.analyzable
    assert verdict.reasons[0].code == "content_served"
    (reason,) = [reason for reason in verdict.reasons if reason.code == "edge_present"]
    assert reason.message.startswith(vendor)
    (layer,) = verdict.layers
    assert (layer.vendor, layer.action) == (vendor, Action.PRESENT)


def test_no_rule_of_presence_decides() -> None:
    assert {rule.effect for rule in RULES} == {Effect.PRESENT}


@pytest.mark.parametrize(
    "headers",
    [
        {"server": "nginx"},
        {"server": "envoy", "x-envoy-upstream-service-time": "3"},
        {"x-amzn-requestid": "1"},
        {"x-request-id": "1"},
        {"via": "1.1 varnish"},
        {"set-cookie": "session=__cf_bm"},
    ],
)
def test_ordinary_headers_show_nobody(headers: Headers) -> None:
    assert in_front(ready(answer(200, PAGE, headers=headers))) == ()


def test_the_cookie_of_an_application_firewall_shows_an_f5() -> None:
    page = ready(answer(200, PAGE, headers={"set-cookie": "TS01a2b3c4=1; Path=/"}))
    assert [vendor for vendor, _ in in_front(page)] == ["F5 BIG-IP"]


def test_a_cookie_that_only_begins_like_that_of_a_firewall_shows_nobody() -> None:
    for name in ("ts01", "ts01_region", "TS01a2b3", "ts01zzzzzz"):
        page = ready(answer(200, PAGE, headers={"set-cookie": f"{name}=1; Path=/"}))
        assert in_front(page) == ()


def test_a_cookie_is_shown_by_name_only() -> None:
    page = ready(answer(200, PAGE, headers={"set-cookie": "_pxhd=secret; Path=/"}))
    ((_, (evidence,)),) = in_front(page)
    assert (evidence.field, evidence.value) == ("paths[0].headers.set-cookie", "_pxhd")
