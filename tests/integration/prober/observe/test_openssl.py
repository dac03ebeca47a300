"""The client's side of TLS between buffers, against the ssl module's server side."""

import ssl

import pytest
from OpenSSL import SSL

from services.prober.observe.openssl import Broken, ClientConnection, Ended
from tests.integration.prober.conftest import NAME
from tests.targets.certificates import Authority, Issued, self_signed, server_context
from tests.targets.hostile import tls_alert

SELF_SIGNED_LEAF = 18  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
HANDSHAKE_FAILURE = 40


class Pair:
    """A client and a server with nothing but memory between them."""

    def __init__(
        self, context: SSL.Context, *chain: Issued, client_ca: Issued | None = None
    ) -> None:
        self.client = ClientConnection(context, NAME.encode(), ())
        self.to_server, self.to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        served = server_context(*chain, client_ca=client_ca)
        if client_ca is not None:
            served.verify_mode = ssl.CERT_OPTIONAL
        self.server = served.wrap_bio(self.to_server, self.to_client, server_side=True)

    def shake_hands(self) -> None:
        assert not self.client.shake_hands()
        self.to_server.write(self.client.outgoing())
        with pytest.raises(ssl.SSLWantReadError):
            self.server.do_handshake()
        self.deliver()
        assert self.client.shake_hands()
        self.to_server.write(self.client.outgoing())
        self.server.do_handshake()

    def deliver(self) -> None:
        self.client.feed(self.to_client.read())


def test_what_is_sent_arrives_both_ways_whatever_its_length(
    context: SSL.Context, good: Issued
) -> None:
    pair = Pair(context, good)
    pair.shake_hands()
    question, answer = b"q" * 200_000, b"a" * 200_000
    pair.client.send(question)
    pair.to_server.write(pair.client.outgoing())
    assert b"".join(_all(pair.server)) == question
    pair.server.write(answer)
    pair.deliver()
    assert b"".join(iter(pair.client.receive, b"")) == answer
    assert pair.client.receive() == b""


def _all(server: ssl.SSLObject) -> list[bytes]:
    pieces = []
    while True:
        try:
            pieces.append(server.read(65536))
        except ssl.SSLWantReadError:
            return pieces


def test_what_was_agreed_on_is_empty_before_and_told_after(
    context: SSL.Context, good: Issued
) -> None:
    pair = Pair(context, good)
    client = pair.client
    assert (client.cipher(), client.group(), client.alpn(), client.chain(9)) == ("", "", "", ())
    pair.shake_hands()
    assert pair.client.group() == "x25519"
    assert pair.client.staple() == b""
    assert pair.client.version() == "TLSv1.3"
    assert pair.client.cipher() == pair.server.cipher()[0]  # type: ignore[index] # after a handshake
    assert pair.client.chain(9) == (good.der,)
    assert pair.client.errors == []


def test_complaints_are_noted_on_the_connection_they_are_of(
    context: SSL.Context, good: Issued
) -> None:
    trusted, untrusted = Pair(context, good), Pair(context, self_signed(NAME))
    untrusted.shake_hands()
    trusted.shake_hands()
    assert [(each.code, each.depth) for each in untrusted.client.errors] == [(SELF_SIGNED_LEAF, 0)]
    assert trusted.client.errors == []


def test_a_request_for_a_certificate_is_noted_on_the_connection_it_came_on(
    context: SSL.Context, good: Issued, authority: Authority
) -> None:
    asked, unasked = Pair(context, good, client_ca=authority.issued), Pair(context, good)
    asked.shake_hands()
    unasked.shake_hands()
    assert asked.client.is_asked_for_certificate
    assert not unasked.client.is_asked_for_certificate


def test_an_alert_is_told_by_its_number_and_forgotten(context: SSL.Context, good: Issued) -> None:
    refused = ClientConnection(context, NAME.encode(), ())
    refused.shake_hands()
    refused.feed(tls_alert(HANDSHAKE_FAILURE))
    with pytest.raises(Broken) as told:
        refused.shake_hands()
    assert told.value.alert == HANDSHAKE_FAILURE
    Pair(context, good).shake_hands()


def test_what_is_not_tls_is_broken_without_an_alert(context: SSL.Context) -> None:
    client = ClientConnection(context, NAME.encode(), ())
    client.shake_hands()
    client.feed(b"\x16\x03\x03\x00\x08garbage!")
    with pytest.raises(Broken) as told:
        client.shake_hands()
    assert told.value.alert is None


def test_a_closing_is_the_end_after_what_came_before_it(context: SSL.Context, good: Issued) -> None:
    pair = Pair(context, good)
    pair.shake_hands()
    pair.server.write(b"bye")
    with pytest.raises(ssl.SSLWantReadError):
        pair.server.unwrap()
    pair.deliver()
    assert pair.client.receive() == b"bye"
    with pytest.raises(Ended):
        pair.client.receive()
