"""The benchmarks' DNS answers, read by dnspython."""

import dns.flags
import dns.message
import dns.rcode
import pytest

from bench.targets.dns import Answers
from bench.targets.names import ADDRESSES, target_names

NAMES = target_names(20)


def answer_to(name: str, kind: str) -> dns.message.Message:
    query = dns.message.make_query(name, kind)
    answer = dns.message.from_wire(Answers(NAMES).reply(query.to_wire()))
    assert query.is_response(answer)
    return answer


@pytest.mark.parametrize("name", ["host0003.bench.test", "HOST0003.Bench.test"])
def test_a_name_has_its_address_in_any_case(name: str) -> None:
    (records,) = answer_to(name, "A").answer
    assert [record.to_text() for record in records] == [NAMES["host0003.bench.test"]]


def test_a_name_has_no_other_records() -> None:
    answer = answer_to("host0003.bench.test", "AAAA")
    assert (answer.rcode(), answer.answer) == (dns.rcode.NOERROR, [])


def test_another_name_does_not_exist() -> None:
    assert answer_to("host9999.bench.test", "A").rcode() == dns.rcode.NXDOMAIN


def test_the_addresses_are_shared_out_evenly() -> None:
    assert set(target_names(len(ADDRESSES)).values()) == set(ADDRESSES)
