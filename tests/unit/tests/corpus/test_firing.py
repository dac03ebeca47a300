from tests.corpus.facts import host_facts
from tests.corpus.firing import fires

CHALLENGED = {
    "status": 403,
    "headers": [["Content-Type", "text/html"], ["cf-mitigated", "challenge"]],
    "body": "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>",
}


def test_a_rule_fires_also_where_another_decided_before_it() -> None:
    facts = host_facts({"fqdn": "a.example.com", "paths": [CHALLENGED]})
    assert fires("cloudflare.challenge", facts)
    assert fires("cloudflare.challenge_page", facts)
    assert not fires("cloudflare.block", facts)


def test_a_rule_that_is_code_fires_where_the_verdict_tells_it() -> None:
    facts = host_facts({"fqdn": "a.example.com", "paths": [{"status": 401}]})
    assert fires("auth.unauthorized", facts)
    assert not fires("auth.challenge", facts)


def test_an_answer_on_the_way_is_asked_too() -> None:
    way = {
        "status": 302,
        "headers": [["Location", "/in"], ["x-sucuri-block", "1"]],
        "redirects": [{"answer": {"path": "/in", "status": 200}, "cross_host": False}],
    }
    assert fires("sucuri.block", host_facts({"fqdn": "a.example.com", "paths": [way]}))
