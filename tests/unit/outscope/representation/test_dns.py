from pydantic import TypeAdapter

from outscope.representation.dns import DnsRecords, dns_representation
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
        "records": [],
    }


def test_each_kind_of_records_is_shown_with_where_it_was_found_and_its_own_outcome() -> None:
    dns = facts_pb2.DnsFacts(
        records=[
            facts_pb2.DnsRecords(
                kind="mx",
                name="example.com",
                outcome=facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK, duration_ms=4),
                values=["10 a.example.", "20 b.example."],
                ttl_s=0,
            ),
            facts_pb2.DnsRecords(
                kind="dmarc",
                name="_dmarc.example.com",
                outcome=facts_pb2.Outcome(
                    code=facts_pb2.OUTCOME_CODE_DNS_TIMEOUT, owner=facts_pb2.OWNER_RESOLVER
                ),
            ),
        ]
    )
    assert dns_representation(dns)["records"] == [
        {
            "kind": "mx",
            "name": "example.com",
            "outcome": {"code": "ok", "owner": None, "duration_ms": 4},
            "values": ["10 a.example.", "20 b.example."],
            "ttl_s": 0,
        },
        {
            "kind": "dmarc",
            "name": "_dmarc.example.com",
            "outcome": {"code": "dns_timeout", "owner": "resolver", "duration_ms": 0},
            "values": [],
            "ttl_s": None,
        },
    ]


def test_the_schema_says_what_each_field_of_a_record_means_and_gives_an_example() -> None:
    schema = TypeAdapter(DnsRecords).json_schema()
    assert set(schema["required"]) == {"kind", "name", "outcome", "values", "ttl_s"}
    for name, shown in schema["properties"].items():
        assert shown["description"], name
        assert shown["examples"], name


def test_what_is_not_known_is_null_and_lists_stay_lists() -> None:
    shown = dns_representation(facts_pb2.DnsFacts())
    assert shown["a_records"] == []
    assert shown["ttl_s"] is None
    assert shown["resolver"] is None
    assert shown["authenticated"] is False
