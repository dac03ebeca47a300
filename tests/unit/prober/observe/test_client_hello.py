import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.observe.client_hello import NOISE_BYTES, VERSIONS, Offer
from tests.targets.certificates import Authority, Issued, rsa_key, self_signed
from tests.targets.old_tls import (
    answer_of,
    context_between,
    extensions_of,
    offered_suites,
    offered_versions,
)

NAME = "site.test"
EACH = pytest.mark.parametrize("version", VERSIONS)
HANDSHAKE, ALERT = 22, 21
RENEGOTIATION_INFO, FALLBACK = 0x00FF, 0x5600
GROUPS, SIGNATURES, KEY_SHARE = 10, 13, 51


def offer(version: str, name: str = NAME, noise: bytes = bytes(range(NOISE_BYTES))) -> Offer:
    return Offer(version=VERSIONS[version], server_name=name, noise=noise)


@pytest.fixture(scope="module", params=["ec", "rsa"])
def certificate(request: pytest.FixtureRequest) -> Issued:
    if request.param == "ec":
        return self_signed(NAME)
    return Authority.root("Root").leaf(NAME, key=rsa_key())


@EACH
def test_openssl_takes_the_offer_where_it_takes_the_version(
    version: str, certificate: Issued
) -> None:
    answer = answer_of(
        context_between(version, version, certificate), offer(version).client_hello()
    )
    assert answer[0] == HANDSHAKE


@EACH
@pytest.mark.parametrize("served", VERSIONS)
def test_openssl_never_takes_another_version_for_the_one_offered(
    version: str, served: str, certificate: Issued
) -> None:
    answer = answer_of(context_between(served, served, certificate), offer(version).client_hello())
    assert (answer[0] == HANDSHAKE) >= (served == version)
    assert answer[0] == ALERT or served <= version


@EACH
def test_openssl_reads_the_name_that_is_asked_for(version: str, certificate: Issued) -> None:
    context = context_between(version, version, certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    answer_of(context, offer(version, "www.site.test").client_hello())
    assert names == ["www.site.test"]


@pytest.mark.parametrize(
    "suite",
    ["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA256", "AECDH-AES128-SHA"],
)
def test_a_single_suite_of_the_server_s_is_among_those_offered(suite: str) -> None:
    context = context_between("TLSv1.2", "TLSv1.2", self_signed(NAME))
    context.set_ciphers(f"{suite}:@SECLEVEL=0")
    assert answer_of(context, offer("TLSv1.2").client_hello())[0] == HANDSHAKE


def test_every_suite_that_openssl_has_is_offered() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:!PSK:!SRP:@SECLEVEL=0")
    theirs = {each["id"] & 0xFFFF for each in context.get_ciphers()}
    ours = {suite for version in VERSIONS for suite in offer(version).suites}
    assert theirs <= ours
    assert len(theirs) > 60


@EACH
def test_one_version_is_offered(version: str) -> None:
    assert offered_versions(offer(version).client_hello()) == {VERSIONS[version]}


@EACH
def test_no_suite_is_offered_twice_nor_more_than_old_servers_can_count(version: str) -> None:
    suites = offered_suites(offer(version).client_hello())
    assert len(suites) == len(set(suites)) <= 128
    assert suites[-1] == RENEGOTIATION_INFO
    assert FALLBACK not in suites
    assert set(offer(version).suites) <= set(suites)


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1"])
def test_before_1_2_there_are_no_more_than_the_first_windows_servers_read(version: str) -> None:
    assert len(offered_suites(offer(version).client_hello())) <= 64


def test_what_old_servers_insist_on_is_offered() -> None:
    suites = offered_suites(offer("TLSv1").client_hello())
    for suite in (0x000A, 0x0005, 0x0004, 0x002F, 0x0033, 0x0032, 0x0009, 0x0003):
        assert suite in suites


@EACH
def test_no_group_and_no_signature_is_named_twice(version: str) -> None:
    extensions = extensions_of(offer(version).client_hello())
    for number in {GROUPS, SIGNATURES} & set(extensions):
        listed = extensions[number][2:]
        members = [listed[at : at + 2] for at in range(0, len(listed), 2)]
        assert len(members) == len(set(members))
    assert (SIGNATURES in extensions) is (version >= "TLSv1.2")
    assert (KEY_SHARE in extensions) is (version == "TLSv1.3")


@given(
    version=st.sampled_from(tuple(VERSIONS)),
    name=st.integers(1, 253).map(lambda size: ("a" * 50 + ".") * 5 + "b" * size)
    | st.text("abc.", min_size=1, max_size=253),
    noise=st.binary(min_size=NOISE_BYTES, max_size=NOISE_BYTES),
)
def test_whatever_the_name_the_message_is_of_no_length_that_some_choke_on(
    version: str, name: str, noise: bytes
) -> None:
    name = name[:253]
    hello = offer(version, name, noise).client_hello()
    message = hello[5:]
    assert int.from_bytes(hello[3:5]) == len(message)
    assert int.from_bytes(message[1:4]) == len(message) - 4
    assert len(message) not in range(256, 512)
    assert len(message) < 1024
    extensions = extensions_of(hello)
    assert list(extensions.values())[-1] != b""
    assert extensions[0][5:] == name.encode()
    assert noise[:32] == hello[11:43]


def test_the_session_id_is_chance_too_and_only_of_1_3() -> None:
    assert offer("TLSv1.3").session_id == bytes(range(32, 64))
    assert offer("TLSv1.2").session_id == b""
