from outscope.representation.dns import dns_representation
from outscope.v1 import facts_pb2


def test_addresses_and_the_way_to_them_are_shown() -> None:
    dns = facts_pb2.DnsFacts(
        outcome=facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK, duration_ms=3),
        a_records=["93.184.216.34"],
        aaaa_records=["2606:2800::1"],
        cname_chain=["edge.example.net"],
        ttl_s=0,
        resolver="192.0.2.53:53",
        authenticated=True,
        aaaa_outcome=facts_pb2.Outcome(
            code=facts_pb2.OUTCOME_CODE_DNS_SERVFAIL, owner=facts_pb2.OWNER_RESOLVER
        ),
    )
    assert dns_representation(dns) == {
        "a_records": ["93.184.216.34"],
        "aaaa_records": ["2606:2800::1"],
        "cname_chain": ["edge.example.net"],
        "ttl_s": 0,
        "resolver": "192.0.2.53:53",
        "authenticated": True,
        "outcome": {"code": "ok", "owner": None, "duration_ms": 3},
        "a_outcome": None,
        "aaaa_outcome": {"code": "dns_servfail", "owner": "resolver", "duration_ms": 0},
    }


def test_what_is_not_known_is_null_and_lists_stay_lists() -> None:
    shown = dns_representation(facts_pb2.DnsFacts())
    assert shown["a_records"] == []
    assert shown["ttl_s"] is None
    assert shown["resolver"] is None
    assert shown["authenticated"] is False
