"""What name resolution found."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.outcome import Outcome, optional_outcome
from outscope.v1 import facts_pb2


class DnsRecords(TypedDict):
    """The records of one kind, and how they were found."""

    kind: Annotated[str, Field(description="caa, mx, ns, spf or dmarc.", examples=["caa"])]
    name: Annotated[
        str,
        Field(
            description="The name that has them: for caa, ns and dmarc perhaps one above the name "
            "checked. When none has any, the first that was asked.",
            examples=["example.com", "_dmarc.example.com"],
        ),
    ]
    outcome: Annotated[
        Outcome | None,
        Field(
            description="dns_no_data when the name exists without such records, dns_nxdomain when "
            "it does not; another dns_ code when that is not known.",
            examples=[{"code": "ok", "owner": None, "duration_ms": 12}],
        ),
    ]
    values: Annotated[
        list[str],
        Field(
            description="At most 32, each of at most 1,024 characters: caa, mx and ns as in zone "
            "files, spf and dmarc the text itself.",
            examples=[['0 issue "letsencrypt.org"'], ["10 mail.example.com."]],
        ),
    ]
    ttl_s: Annotated[
        int | None,
        Field(description="The smallest of all records used; null without.", examples=[3600]),
    ]


class Dns(TypedDict):
    """The addresses of the name and how they were found."""

    a_records: Annotated[list[str], Field(description="IPv4 addresses.")]
    aaaa_records: Annotated[list[str], Field(description="IPv6 addresses.")]
    cname_chain: Annotated[list[str], Field(description="The aliases followed, in order.")]
    ttl_s: Annotated[int | None, Field(description="The smallest of all records used.")]
    resolver: Annotated[str | None, Field(description="HOST:PORT of the resolver that answered.")]
    authenticated: Annotated[
        bool,
        Field(description="The resolver says that it validated the answer with DNSSEC (AD bit)."),
    ]
    outcome: Annotated[Outcome | None, Field(description="Of the look-up as a whole.")]
    a_outcome: Annotated[Outcome | None, Field(description="Of the question for IPv4 addresses.")]
    aaaa_outcome: Annotated[
        Outcome | None, Field(description="Of the question for IPv6 addresses.")
    ]
    records: Annotated[
        list[DnsRecords],
        Field(
            description="CAA, MX, NS, SPF and DMARC, in this order; empty unless dns_records was "
            "asked for."
        ),
    ]


def dns_representation(dns: facts_pb2.DnsFacts) -> Dns:
    """Return the facts of name resolution as the API shows them."""
    return {
        "a_records": list(dns.a_records),
        "aaaa_records": list(dns.aaaa_records),
        "cname_chain": list(dns.cname_chain),
        "ttl_s": dns.ttl_s if dns.HasField("ttl_s") else None,
        "resolver": dns.resolver or None,
        "authenticated": dns.authenticated,
        "outcome": optional_outcome(dns.outcome),
        "a_outcome": optional_outcome(dns.a_outcome),
        "aaaa_outcome": optional_outcome(dns.aaaa_outcome),
        "records": [_records(records) for records in dns.records],
    }


def _records(records: facts_pb2.DnsRecords) -> DnsRecords:
    return {
        "kind": records.kind,
        "name": records.name,
        "outcome": optional_outcome(records.outcome),
        "values": list(records.values),
        "ttl_s": records.ttl_s if records.HasField("ttl_s") else None,
    }
