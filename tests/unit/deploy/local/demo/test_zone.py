import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from deploy.local.demo import zone


def asked(name: str, kind: str = "A", payload: int | None = None) -> dns.message.QueryMessage:
    return dns.message.make_query(name, kind, payload=payload)


def test_the_site_has_one_address_on_loopback() -> None:
    reply = zone.answer(asked("shop.demo.test"))
    assert reply.rcode() == dns.rcode.NOERROR
    assert [record.to_text() for record in reply.answer[0]] == ["127.0.0.1"]
    assert reply.flags & dns.flags.AA


def test_names_are_the_same_in_any_case() -> None:
    assert zone.is_ours(asked("SHOP.Demo.TEST"))
    assert zone.answer(asked("SHOP.Demo.TEST")).answer


@pytest.mark.parametrize(("name", "kind"), [("shop.demo.test", "AAAA"), ("demo.test", "A")])
def test_a_name_without_such_a_record_is_no_data_with_soa(name: str, kind: str) -> None:
    reply = zone.answer(asked(name, kind))
    assert reply.rcode() == dns.rcode.NOERROR
    assert not reply.answer
    assert "SOA" in reply.authority[0].to_text()


def test_another_name_of_the_zone_does_not_exist() -> None:
    assert zone.answer(asked("other.demo.test")).rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("name", ["example.com", "demo.test.example.com", "xdemo.test"])
def test_names_of_others_are_not_ours(name: str) -> None:
    assert not zone.is_ours(asked(name))


def test_a_failure_answers_the_question_that_was_asked() -> None:
    query = asked("example.com")
    reply = zone.failure(query)
    assert (reply.id, reply.rcode()) == (query.id, dns.rcode.SERVFAIL)
    assert reply.question == query.question


def test_a_reply_too_large_for_a_datagram_is_cut_and_says_so() -> None:
    query = asked("big.example", "TXT")
    reply = dns.message.make_response(query)
    long_text = " ".join(f'"{"x" * 200}"' for _ in range(5))
    reply.answer.append(dns.rrset.from_text("big.example.", 1, "IN", "TXT", long_text))
    cut = dns.message.from_wire(zone.datagram(reply, query))
    assert cut.flags & dns.flags.TC
    assert not cut.answer
    roomy = asked("big.example", "TXT", payload=4096)
    whole = dns.message.from_wire(zone.datagram(reply, roomy))
    assert whole.answer
