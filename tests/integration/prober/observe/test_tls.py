"""Every kind of certificate, served by a real TLS server."""

import ssl
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509.ocsp import OCSPCertStatus
from OpenSSL import SSL

from services.prober.facts import Outcome, OutcomeCode, TlsFacts, TlsFlag
from services.prober.observe.session import TlsSession
from services.prober.observe.tls import tls_facts
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.blocking import serve_blocking
from tests.targets.certificates import (
    LAST_YEAR,
    NEXT_YEAR,
    NOW,
    Authority,
    Issued,
    rsa_key,
    self_signed,
    server_context,
    weak_key,
)
from tests.targets.hostile import says, tls_alert
from tests.targets.http import HttpServer, response
from tests.targets.serve import serve
from tests.targets.stapling import ocsp_response, stapling

HANDSHAKE_FAILURE = 40
SITE = {"/": response(200, b"<title>Site</title>")}


async def tls_of(lab: Lab, *chain: Issued) -> TlsFacts:
    return await tls_from(lab, server_context(*chain))


async def tls_from(lab: Lab, server: ssl.SSLContext) -> TlsFacts:
    port = await lab.stack.enter_async_context(serve(HttpServer(SITE), tls=server, host=lab.host))
    facts = await lab.observe_port(port)
    assert facts.tls is not None
    # However bad the certificate, HTTP is spoken over the very same connection.
    assert facts.probe is not None
    assert facts.probe.title == "Site"
    return facts.tls


def established(context: SSL.Context, server: ssl.SSLContext) -> TlsSession:
    """Return a session that has just shaken hands, with nothing but memory in between."""
    session = TlsSession(context, NAME)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    spoken = server.wrap_bio(to_server, to_client, server_side=True)
    to_server.write(session.client_hello())
    with pytest.raises(ssl.SSLWantReadError):
        spoken.do_handshake()
    session.feed(to_client.read())
    assert session.is_established
    return session


async def test_a_good_certificate_is_valid_and_described(lab: Lab, good: Issued) -> None:
    tls = await tls_of(lab, good)
    assert tls.valid
    assert tls.flags == ()
    assert tls.verify_message == ""
    assert tls.outcome.code is OutcomeCode.OK
    assert tls.version == "TLSv1.3"
    assert tls.cipher.startswith("TLS_")
    [leaf] = tls.chain
    assert leaf.subject == f"CN={NAME}"
    assert leaf.issuer == "CN=Trusted Root"
    assert leaf.names == (NAME,)
    assert leaf.not_after == good.certificate.not_valid_after_utc
    assert leaf.not_before == good.certificate.not_valid_before_utc
    assert leaf.key_type == "ec"
    assert leaf.key_bits == 256
    assert leaf.signature_algorithm == "ecdsa_with_sha256"
    assert int(leaf.serial_number, 16) == good.certificate.serial_number


async def test_the_days_that_a_leaf_has_left_are_whole_ones(lab: Lab, good: Issued) -> None:
    # Its last day is 365 days after the tests began, so it has more than 364 left.
    assert (await tls_of(lab, good)).days_left == 364


async def test_a_leaf_that_is_over_has_fewer_than_no_days_left(
    lab: Lab, authority: Authority
) -> None:
    begun = authority.leaf(NAME, period=(LAST_YEAR[0], NOW - timedelta(hours=1)))
    assert (await tls_of(lab, begun)).days_left == -1
    assert (await tls_of(lab, authority.leaf(NAME, period=LAST_YEAR))).days_left == -36


def test_days_left_are_counted_from_the_moment_given(context: SSL.Context, good: Issued) -> None:
    session = established(context, server_context(good))
    ok = Outcome(code=OutcomeCode.OK)
    ends_at = good.certificate.not_valid_after_utc
    for moment, days in (
        (ends_at - timedelta(days=7), 7),
        (ends_at - timedelta(days=7, seconds=-1), 6),
        (ends_at, 0),
        (ends_at + timedelta(seconds=1), -1),
    ):
        assert tls_facts(session.shown, ok, NAME, moment).days_left == days


def test_an_unreadable_leaf_has_no_days_left(context: SSL.Context, good: Issued) -> None:
    shown = established(context, server_context(good)).shown
    tls = tls_facts(
        replace(shown, chain=(b"no certificate",)), Outcome(code=OutcomeCode.OK), NAME, NOW
    )
    assert tls.days_left is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("curve", "group"), [("prime256v1", "secp256r1"), ("secp384r1", "secp384r1")]
)
async def test_the_group_that_keys_were_exchanged_in_is_named(
    lab: Lab, good: Issued, version: ssl.TLSVersion, curve: str, group: str
) -> None:
    server = server_context(good)
    server.minimum_version = server.maximum_version = version
    server.set_ecdh_curve(curve)
    tls = await tls_from(lab, server)
    assert tls.key_exchange == group


async def test_the_group_is_x25519_where_the_server_takes_it(lab: Lab, good: Issued) -> None:
    assert (await tls_of(lab, good)).key_exchange == "x25519"


async def test_keys_sent_under_the_key_of_the_certificate_are_exchanged_in_no_group(
    lab: Lab, authority: Authority
) -> None:
    server = server_context(authority.leaf(NAME, key=rsa_key()))
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    server.set_ciphers("AES128-GCM-SHA256")
    tls = await tls_from(lab, server)
    assert tls.cipher == "AES128-GCM-SHA256"
    assert tls.key_exchange == ""


async def test_a_refused_handshake_has_no_group(lab: Lab) -> None:
    facts = await lab.observe_port(await lab.serve(says(tls_alert(HANDSHAKE_FAILURE))))
    assert facts.tls is not None
    assert (facts.tls.key_exchange, facts.tls.days_left) == ("", None)


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
@pytest.mark.parametrize("status", [OCSPCertStatus.GOOD, OCSPCertStatus.UNKNOWN])
async def test_what_a_stapled_response_says_is_told(
    lab: Lab, authority: Authority, good: Issued, version: int, status: OCSPCertStatus
) -> None:
    # The server sends the leaf alone; its issuer is found on the verified path.
    response = ocsp_response(good, authority.issued, status=status)
    with serve_blocking(
        stapling(response, SITE["/"], good, version=version), host=lab.host
    ) as port:
        tls = (await lab.observe_port(port)).tls
    assert tls is not None
    assert tls.ocsp_status == status.name.lower()
    assert tls.valid
    assert tls.flags == ()


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
async def test_a_revoked_leaf_is_flagged_and_not_valid(
    lab: Lab, authority: Authority, version: int
) -> None:
    intermediate = authority.intermediate("Intermediate")
    leaf = intermediate.leaf(NAME)
    response = ocsp_response(leaf, intermediate.issued, status=OCSPCertStatus.REVOKED)
    server = stapling(response, SITE["/"], leaf, intermediate.issued, version=version)
    with serve_blocking(server, host=lab.host) as port:
        facts = await lab.observe_port(port)
    assert facts.speaks_http
    assert facts.tls is not None
    assert facts.tls.ocsp_status == "revoked"
    assert facts.tls.flags == (TlsFlag.REVOKED,)
    assert not facts.tls.valid
    assert facts.tls.verify_message == "a certificate was revoked"


async def test_a_revocation_that_nobody_vouches_for_changes_nothing(lab: Lab, good: Issued) -> None:
    forged = ocsp_response(
        good, Authority.root("Trusted Root").issued, status=OCSPCertStatus.REVOKED
    )
    with serve_blocking(stapling(forged, SITE["/"], good), host=lab.host) as port:
        tls = (await lab.observe_port(port)).tls
    assert tls is not None
    assert tls.ocsp_status == ""
    assert tls.valid
    assert tls.flags == ()


async def test_a_server_that_staples_nothing_has_no_status(lab: Lab, good: Issued) -> None:
    assert (await tls_of(lab, good)).ocsp_status == ""


async def test_an_expired_leaf_is_reported_with_its_date(lab: Lab, authority: Authority) -> None:
    tls = await tls_of(lab, authority.leaf(NAME, period=LAST_YEAR))
    assert not tls.valid
    assert tls.flags == (TlsFlag.EXPIRED,)
    assert tls.chain[0].not_after == LAST_YEAR[1]
    assert f"{LAST_YEAR[1]:%Y-%m-%d}" in tls.verify_message


async def test_a_leaf_of_next_year_is_not_yet_valid(lab: Lab, authority: Authority) -> None:
    tls = await tls_of(lab, authority.leaf(NAME, period=NEXT_YEAR))
    assert tls.flags == (TlsFlag.NOT_YET_VALID,)
    assert not tls.valid


async def test_a_self_signed_leaf_is_told_from_an_unknown_authority(lab: Lab) -> None:
    tls = await tls_of(lab, self_signed(NAME))
    assert tls.flags == (TlsFlag.SELF_SIGNED,)
    assert not tls.valid


async def test_a_leaf_for_another_name_is_a_mismatch_and_nothing_else(
    lab: Lab, authority: Authority
) -> None:
    tls = await tls_of(lab, authority.leaf("other.test"))
    assert tls.flags == (TlsFlag.NAME_MISMATCH,)
    assert not tls.valid
    assert "other.test" in tls.verify_message


async def test_a_wildcard_leaf_covers_the_name(lab: Lab, authority: Authority) -> None:
    lab.zone["www.site.test"] = (lab.host,)
    port = await lab.serve(HttpServer(SITE), authority.leaf("*.site.test"))
    facts = await lab.observe_port(port, fqdn="www.site.test")
    assert facts.tls is not None
    assert facts.tls.valid


async def test_a_missing_intermediate_makes_the_chain_incomplete(
    lab: Lab, authority: Authority
) -> None:
    leaf = authority.intermediate("Intermediate").leaf(NAME, issuer_url="http://ca.test/i.der")
    tls = await tls_of(lab, leaf)
    assert tls.flags == (TlsFlag.INCOMPLETE_CHAIN,)
    assert not tls.valid
    assert "CN=Intermediate" in tls.verify_message


async def test_a_sent_intermediate_completes_the_chain(lab: Lab, authority: Authority) -> None:
    intermediate = authority.intermediate("Intermediate")
    tls = await tls_of(lab, intermediate.leaf(NAME), intermediate.issued)
    assert tls.valid
    assert [each.subject for each in tls.chain] == [f"CN={NAME}", "CN=Intermediate"]


async def test_a_lone_leaf_of_an_unknown_issuer_may_be_either(lab: Lab) -> None:
    tls = await tls_of(lab, Authority.root("Unknown Root").leaf(NAME))
    assert set(tls.flags) == {TlsFlag.INCOMPLETE_CHAIN, TlsFlag.UNTRUSTED_ROOT}
    assert not tls.valid


async def test_a_chain_that_ends_at_an_unknown_root_is_untrusted(lab: Lab) -> None:
    root = Authority.root("Unknown Root")
    tls = await tls_of(lab, root.leaf(NAME), root.issued)
    assert tls.flags == (TlsFlag.UNTRUSTED_ROOT,)


async def test_several_faults_are_all_told(lab: Lab) -> None:
    tls = await tls_of(lab, self_signed("other.test", period=LAST_YEAR))
    assert set(tls.flags) == {TlsFlag.EXPIRED, TlsFlag.SELF_SIGNED, TlsFlag.NAME_MISMATCH}


async def test_a_short_key_is_seen_and_flagged(lab: Lab, authority: Authority) -> None:
    tls = await tls_of(lab, authority.leaf(NAME, key=weak_key()))
    assert tls.flags == (TlsFlag.WEAK_KEY,)
    assert tls.chain[0].key_type == "rsa"
    assert tls.chain[0].key_bits == 1024
    assert not tls.valid


async def test_a_weak_intermediate_on_the_way_to_the_root_breaks_trust(
    lab: Lab, authority: Authority
) -> None:
    weak = authority.intermediate("Weak Intermediate", key=weak_key())
    tls = await tls_of(lab, weak.leaf(NAME), weak.issued)
    assert tls.flags == (TlsFlag.WEAK_KEY,)
    assert not tls.valid
    assert "too short" in tls.verify_message


async def test_a_weak_certificate_beside_the_verified_path_is_flagged_and_breaks_nothing(
    lab: Lab, authority: Authority, good: Issued
) -> None:
    tls = await tls_of(lab, good, authority.leaf("left.test", key=weak_key()))
    assert tls.flags == (TlsFlag.WEAK_KEY,)
    assert tls.valid
    assert tls.verify_message == ""


async def test_an_old_certificate_of_the_trusted_root_beside_the_path_breaks_nothing(
    lab: Lab, authority: Authority, good: Issued
) -> None:
    """As servers send that were set up when the root was young: clients stop at the root."""
    old = Authority.root("Old Root").intermediate("Trusted Root", key=weak_key())
    tls = await tls_of(lab, good, old.issued)
    assert tls.flags == (TlsFlag.WEAK_KEY,)
    assert tls.valid


async def test_beside_a_real_fault_a_harmless_weakness_changes_nothing(
    lab: Lab, authority: Authority
) -> None:
    left_over = authority.leaf("left.test", key=weak_key())
    tls = await tls_of(lab, authority.leaf("other.test"), left_over)
    assert set(tls.flags) == {TlsFlag.NAME_MISMATCH, TlsFlag.WEAK_KEY}
    assert not tls.valid
