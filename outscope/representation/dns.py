"""What name resolution found."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.outcome import Outcome, optional_outcome
from outscope.v1 import facts_pb2


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
    }
