"""One status for a name out of two look-ups."""

from ipaddress import ip_address

import pytest

from outscope.netguard.answer import Answer, RecordSet, ResolveStatus, overall_status

S = ResolveStatus


@pytest.mark.parametrize(
    ("a", "aaaa", "overall"),
    [
        (S.OK, S.NO_DATA, S.OK),
        (S.TIMEOUT, S.OK, S.OK),
        (S.NO_DATA, S.NO_DATA, S.NO_DATA),
        (S.NXDOMAIN, S.NO_DATA, S.NXDOMAIN),
        (S.NO_DATA, S.SERVFAIL, S.SERVFAIL),
        (S.NO_DATA, S.TIMEOUT, S.TIMEOUT),
        (S.NO_DATA, S.UNREACHABLE, S.UNREACHABLE),
        (S.CNAME_LOOP, S.NO_DATA, S.CNAME_LOOP),
        (S.SERVFAIL, S.TIMEOUT, S.SERVFAIL),
        (S.REFUSED, S.MALFORMED, S.REFUSED),
    ],
)
def test_the_overall_status_is_the_most_telling_of_the_two(a: S, aaaa: S, overall: S) -> None:
    assert overall_status(a, aaaa) is overall
    assert overall_status(aaaa, a) is overall


def test_every_status_has_its_place_in_the_order() -> None:
    assert {overall_status(status, status) for status in S} == set(S)


def test_the_addresses_of_an_answer_are_all_of_them_ipv4_first() -> None:
    v4, v6 = ip_address("192.0.2.1"), ip_address("2001:db8::1")
    answer = Answer(
        status=S.OK,
        a=RecordSet(status=S.OK, addresses=(v4,)),
        aaaa=RecordSet(status=S.OK, addresses=(v6,)),
        cname_chain=(),
        ttl_s=1,
        server="",
        duration_ms=0,
    )
    assert answer.addresses == (v4, v6)
