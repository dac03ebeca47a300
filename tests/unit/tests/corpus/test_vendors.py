from services.prober.judge.decide import verdict_for
from tests.corpus.facts import host_facts
from tests.corpus.vendors import vendors_in, vendors_named


def test_a_vendor_is_known_by_each_of_its_names() -> None:
    assert vendors_in(["Incapsula (Imperva Inc.)", "Imperva"]) == {"Imperva"}
    assert vendors_in(["BIG-IP AppSec Manager (F5 Networks)"]) == {"F5"}
    assert vendors_in(["Cloudfront (Amazon)"]) == {"CloudFront"}


def test_a_stranger_keeps_its_name() -> None:
    assert vendors_in(["Envoy (EnvoyProxy)"]) == {"Envoy (EnvoyProxy)"}


def test_the_judge_names_whoever_stands_in_front_and_nobody_else() -> None:
    headers = [["cf-mitigated", "challenge"], ["Set-Cookie", "BIGipServerp=1"]]
    facts = host_facts({"fqdn": "a.example.com", "paths": [{"status": 403, "headers": headers}]})
    assert vendors_named(verdict_for(facts)) == {"Cloudflare", "F5"}
    page = "<title>Welcome to nginx!</title>"
    welcome = {"status": 200, "headers": [["Content-Type", "text/html"]], "body": page}
    facts = host_facts({"fqdn": "a.example.com", "paths": [welcome]})
    assert vendors_named(verdict_for(facts)) == set()
