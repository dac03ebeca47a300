"""The demo zone: what its DNS server answers by itself; pure, message in and message out."""

from typing import Final

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

ZONE: Final = dns.name.from_text("demo.test.")  # .test is for tests for ever (RFC 6761)
SITE_NAME: Final = "shop.demo.test"
_SITE: Final = dns.name.from_text(SITE_NAME)
_ADDRESS: Final = "127.0.0.1"
_TTL_S: Final = 30
_SOA: Final = "ns.demo.test. hostmaster.demo.test. 1 3600 600 86400 30"


def is_ours(query: dns.message.Message) -> bool:
    """Tell whether a query asks for a name in the demo zone."""
    return len(query.question) == 1 and query.question[0].name.is_subdomain(ZONE)


def answer(query: dns.message.Message) -> dns.message.Message:
    """Return the authoritative answer to a query for a name in the zone."""
    reply = dns.message.make_response(query, recursion_available=True)
    reply.flags |= dns.flags.AA
    question = query.question[0]
    if question.name == _SITE and question.rdtype == dns.rdatatype.A:
        reply.answer.append(_records(question.name, "A", _ADDRESS))
        return reply
    reply.authority.append(_records(ZONE, "SOA", _SOA))
    if question.name not in {ZONE, _SITE}:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply


def failure(query: dns.message.Message) -> dns.message.Message:
    """Return what is said when nobody else could answer either."""
    reply = dns.message.make_response(query, recursion_available=True)
    reply.set_rcode(dns.rcode.SERVFAIL)
    return reply


def datagram(reply: dns.message.Message, query: dns.message.Message) -> bytes:
    """Return a reply that fits what the asker takes over UDP, cut when it must be (TC)."""
    most = max(512, query.payload) if query.edns >= 0 else 512
    try:
        return reply.to_wire(max_size=most)
    except dns.exception.TooBig:
        cut = dns.message.make_response(query, recursion_available=True)
        cut.flags |= dns.flags.TC
        return cut.to_wire()


def _records(name: dns.name.Name, kind: str, text: str) -> dns.rrset.RRset:
    return dns.rrset.from_text(name, _TTL_S, dns.rdataclass.IN, kind, text)
