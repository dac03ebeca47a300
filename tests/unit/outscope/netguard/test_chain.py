"""Following aliases through one response and into the next."""

import itertools

import pytest

from outscope.netguard.answer import ResolveStatus
from outscope.netguard.chain import MAX_ALIASES, Lookup, advanced, failure_of
from outscope.netguard.wire import Response, ReturnCode, wire_name

A1 = b"\xc0\x00\x02\x01"  # 192.0.2.1
SERVER = "192.0.2.53:53"


def names(*texts: str) -> tuple[bytes, ...]:
    return tuple(map(wire_name, texts))


def response(
    *,
    contents: dict[str, list[bytes]] | None = None,
    aliases: dict[str, str] | None = None,
    ttls: dict[str, int] | None = None,
    rcode: int = ReturnCode.NOERROR,
    has_soa: bool = False,
    authentic: bool = False,
) -> Response:
    return Response(
        rcode=rcode,
        truncated=False,
        authentic=authentic,
        contents={wire_name(name): packed for name, packed in (contents or {}).items()},
        aliases={wire_name(name): wire_name(target) for name, target in (aliases or {}).items()},
        ttls={wire_name(name): ttl_s for name, ttl_s in (ttls or {}).items()},
        has_soa=has_soa,
    )


def after(answer: Response, *asked: str) -> Lookup:
    return advanced(Lookup(chain=names(*(asked or ("www.example",)))), answer, SERVER)


def test_an_answer_without_aliases_ends_the_look_up() -> None:
    lookup = after(response(contents={"www.example": [A1]}, ttls={"www.example": 60}))
    assert (lookup.is_open, lookup.status) == (False, ResolveStatus.OK)
    assert lookup.contents == (A1,)
    assert (lookup.ttl_s, lookup.server) == (60, SERVER)


def test_an_address_answered_twice_counts_once_and_order_is_kept() -> None:
    other = b"\xc0\x00\x02\x02"
    lookup = after(response(contents={"www.example": [other, A1, other]}))
    assert lookup.contents == (other, A1)


def test_the_addresses_of_another_name_are_not_taken() -> None:
    lookup = after(response(contents={"evil.example": [A1]}))
    assert (lookup.status, lookup.contents) == (ResolveStatus.NO_DATA, ())


def test_aliases_are_followed_in_any_order_of_records() -> None:
    answer = response(
        aliases={"b.example": "c.example", "www.example": "b.example"},
        contents={"c.example": [A1]},
        ttls={"b.example": 30, "www.example": 300, "c.example": 60},
    )
    lookup = after(answer)
    assert lookup.chain == names("www.example", "b.example", "c.example")
    assert (lookup.status, lookup.ttl_s) == (ResolveStatus.OK, 30)


def test_the_ttl_counts_only_records_that_were_used() -> None:
    answer = response(contents={"www.example": [A1]}, ttls={"www.example": 60, "other.example": 1})
    assert after(answer).ttl_s == 60


@pytest.mark.parametrize(
    "aliases",
    [
        {"www.example": "www.example"},
        {"www.example": "b.example", "b.example": "www.example"},
        {"www.example": "b.example", "b.example": "c.example", "c.example": "b.example"},
    ],
)
def test_aliases_that_bite_their_tail_are_a_loop(aliases: dict[str, str]) -> None:
    lookup = after(response(aliases=aliases))
    assert (lookup.is_open, lookup.status) == (False, ResolveStatus.CNAME_LOOP)


def chain_of(length: int) -> tuple[str, ...]:
    return ("www.example", *(f"n{number}.example" for number in range(length)))


def test_a_chain_at_its_limit_is_followed_and_one_longer_is_a_loop() -> None:
    for length, status in (
        (MAX_ALIASES, ResolveStatus.OK),
        (MAX_ALIASES + 1, ResolveStatus.CNAME_LOOP),
    ):
        chain = chain_of(length)
        aliases = dict(itertools.pairwise(chain))
        assert after(response(aliases=aliases, contents={chain[-1]: [A1]})).status is status


def test_an_alias_without_its_end_leaves_the_look_up_open_at_the_target() -> None:
    lookup = after(response(aliases={"www.example": "b.example"}, ttls={"www.example": 20}))
    assert (lookup.is_open, lookup.chain[-1]) == (True, wire_name("b.example"))


def test_the_next_answer_goes_on_where_the_last_one_stopped() -> None:
    first = after(response(aliases={"www.example": "b.example"}, ttls={"www.example": 20}))
    second = advanced(
        first,
        response(contents={"b.example": [A1]}, ttls={"b.example": 90}, authentic=True),
        SERVER,
    )
    assert (second.is_open, second.status, second.ttl_s) == (False, ResolveStatus.OK, 20)
    assert second.chain == names("www.example", "b.example")
    assert not second.authenticated


def test_a_loop_across_answers_is_seen() -> None:
    first = after(response(aliases={"www.example": "b.example"}))
    second = advanced(first, response(aliases={"b.example": "www.example"}), SERVER)
    assert second.status is ResolveStatus.CNAME_LOOP


def test_a_target_that_is_asked_and_has_nothing_ends_as_no_data() -> None:
    first = after(response(aliases={"www.example": "b.example"}))
    assert advanced(first, response(), SERVER).status is ResolveStatus.NO_DATA


def test_an_alias_with_a_start_of_authority_has_no_data_and_is_not_asked_on() -> None:
    lookup = after(response(aliases={"www.example": "b.example"}, has_soa=True))
    assert (lookup.is_open, lookup.status) == (False, ResolveStatus.NO_DATA)


def test_a_name_that_does_not_exist_is_told_with_its_alias() -> None:
    lookup = after(response(aliases={"www.example": "gone.example"}, rcode=ReturnCode.NXDOMAIN))
    assert (lookup.status, lookup.chain[-1]) == (ResolveStatus.NXDOMAIN, wire_name("gone.example"))


def test_an_answer_is_authenticated_when_the_resolver_says_so() -> None:
    assert after(response(contents={"www.example": [A1]}, authentic=True)).authenticated


@pytest.mark.parametrize(
    ("rcode", "failure"),
    [
        (ReturnCode.NOERROR, None),
        (ReturnCode.NXDOMAIN, None),
        (ReturnCode.SERVFAIL, ResolveStatus.SERVFAIL),
        (ReturnCode.FORMERR, ResolveStatus.REFUSED),
        (ReturnCode.REFUSED, ResolveStatus.REFUSED),
        (ReturnCode.NOTIMP, ResolveStatus.REFUSED),
        (9, ResolveStatus.REFUSED),
    ],
)
def test_a_failing_resolver_is_told_from_an_answer(
    rcode: int, failure: ResolveStatus | None
) -> None:
    assert failure_of(response(rcode=rcode)) is failure
