from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import (
    OCSPCertStatus,
    OCSPResponderEncoding,
    OCSPResponseBuilder,
    OCSPResponseStatus,
    load_der_ocsp_response,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from services.prober.observe.staple import ocsp_status
from tests.targets.certificates import (
    DAY,
    LAST_YEAR,
    NOW,
    Authority,
    Issued,
    rsa_key,
    self_signed,
)
from tests.targets.stapling import THIS_WEEK, ocsp_response

ROOT = Authority.root("Root")
ISSUER = ROOT.intermediate("Issuer")
LEAF = ISSUER.leaf("site.test")
CHAIN = (LEAF.der, ISSUER.issued.der, ROOT.issued.der)
HOUR = timedelta(hours=1)
REVOKED = OCSPCertStatus.REVOKED
# Object identifiers in DER (RFC 8017, appendix A.2.4), of one length.
RSA_WITH_SHA_256 = bytes.fromhex("2a864886f70d01010b")
RSA_WITH_SHA_1 = bytes.fromhex("2a864886f70d010105")

OTHERS = Authority.root("Others")
# The issuer has only ever called the leaf good; what else is said of it comes from others.
FORGED = (
    ocsp_response(LEAF, ISSUER.issued),
    ocsp_response(LEAF, OTHERS.issued, status=REVOKED),
    ocsp_response(LEAF, ISSUER.issued, status=REVOKED, responder=OTHERS.issued),
    ocsp_response(ISSUER.leaf("site.test"), ISSUER.issued, status=REVOKED),
)


def responder(by: Authority = ISSUER, *, delegated: bool = True) -> Issued:
    return by.leaf("responder", usage=ExtendedKeyUsageOID.OCSP_SIGNING if delegated else None)


@pytest.mark.parametrize("status", list(OCSPCertStatus))
def test_the_status_is_what_the_issuer_says(status: OCSPCertStatus) -> None:
    response = ocsp_response(LEAF, ISSUER.issued, status=status)
    assert ocsp_status(response, CHAIN, NOW) == status.name.lower()


@pytest.mark.parametrize("identified_by", [hashes.SHA1(), hashes.SHA256()])
def test_the_leaf_may_be_named_by_any_digest(identified_by: hashes.HashAlgorithm) -> None:
    response = ocsp_response(LEAF, ISSUER.issued, identified_by=identified_by)
    assert ocsp_status(response, CHAIN, NOW) == "good"


def test_an_issuer_with_an_rsa_key_vouches_too() -> None:
    issuer = ROOT.intermediate("RSA Issuer", key=rsa_key())
    leaf = issuer.leaf("site.test")
    response = ocsp_response(leaf, issuer.issued, status=REVOKED)
    assert ocsp_status(response, (leaf.der, issuer.issued.der), NOW) == "revoked"
    forged = response[:-1] + bytes([response[-1] ^ 1])
    assert ocsp_status(forged, (leaf.der, issuer.issued.der), NOW) == ""


def test_the_issuer_is_found_wherever_it_stands() -> None:
    response = ocsp_response(LEAF, ISSUER.issued)
    namesake = ROOT.intermediate("Issuer")
    chain = (LEAF.der, b"noise", namesake.issued.der, ROOT.issued.der, ISSUER.issued.der)
    assert ocsp_status(response, chain, NOW) == "good"


def test_a_delegated_responder_speaks_for_the_issuer() -> None:
    response = ocsp_response(LEAF, ISSUER.issued, status=REVOKED, responder=responder())
    assert ocsp_status(response, CHAIN, NOW) == "revoked"


@pytest.mark.parametrize(
    "impostor",
    [
        responder(delegated=False),
        ISSUER.leaf("site", usage=ExtendedKeyUsageOID.SERVER_AUTH),
        responder(ROOT),
        responder(Authority.root("Issuer")),
        self_signed("responder"),
        LEAF,
    ],
    ids=[
        "not delegated",
        "for servers",
        "of another issuer",
        "of a namesake",
        "self-signed",
        "the leaf",
    ],
)
def test_a_responder_that_the_issuer_has_not_delegated_says_nothing(impostor: Issued) -> None:
    response = ocsp_response(LEAF, ISSUER.issued, status=REVOKED, responder=impostor)
    assert ocsp_status(response, CHAIN, NOW) == ""


def test_a_delegated_responder_speaks_only_while_its_certificate_lasts() -> None:
    over = ISSUER.leaf("responder", period=LAST_YEAR, usage=ExtendedKeyUsageOID.OCSP_SIGNING)
    response = ocsp_response(LEAF, ISSUER.issued, responder=over)
    assert ocsp_status(response, CHAIN, NOW) == ""
    ends_at = NOW + 2 * DAY
    begins_at = NOW + 2 * DAY
    beginning = ISSUER.leaf(
        "responder", period=(begins_at, NOW + 9 * DAY), usage=ExtendedKeyUsageOID.OCSP_SIGNING
    )
    response = ocsp_response(LEAF, ISSUER.issued, responder=beginning)
    assert ocsp_status(response, CHAIN, begins_at - HOUR) == ""
    assert ocsp_status(response, CHAIN, begins_at + HOUR) == "good"
    ending = ISSUER.leaf(
        "responder", period=(NOW - DAY, ends_at), usage=ExtendedKeyUsageOID.OCSP_SIGNING
    )
    response = ocsp_response(LEAF, ISSUER.issued, responder=ending)
    assert ocsp_status(response, CHAIN, ends_at - HOUR) == "good"
    assert ocsp_status(response, CHAIN, ends_at + HOUR) == ""


def test_a_response_signed_by_another_key_says_nothing() -> None:
    namesake = Authority.root("Issuer")
    response = ocsp_response(LEAF, namesake.issued, status=REVOKED)
    assert ocsp_status(response, CHAIN, NOW) == ""
    forged = ocsp_response(LEAF, ISSUER.issued, status=REVOKED, responder=namesake.issued)
    assert ocsp_status(forged, CHAIN, NOW) == ""


def test_a_response_that_was_changed_says_nothing() -> None:
    response = ocsp_response(LEAF, ISSUER.issued)
    changed = 0
    for place in range(len(response)):
        forged = bytearray(response)
        forged[place] ^= 1
        changed += ocsp_status(bytes(forged), CHAIN, NOW) == ""
    # What surrounds the signed part may be written otherwise: the outer status and algorithm.
    assert changed > len(response) * 0.95
    assert ocsp_status(response, CHAIN, NOW) == "good"


def test_a_response_about_another_certificate_says_nothing() -> None:
    other = ISSUER.leaf("site.test")
    response = ocsp_response(other, ISSUER.issued, status=REVOKED)
    assert ocsp_status(response, CHAIN, NOW) == ""


def test_a_response_about_the_same_serial_of_another_issuer_says_nothing() -> None:
    named_wrongly = ocsp_response(LEAF, ROOT.issued, responder=ISSUER.issued, status=REVOKED)
    assert ocsp_status(named_wrongly, CHAIN, NOW) == ""


@pytest.mark.parametrize(("name_hash", "status"), [(None, "good"), (bytes(20), "")])
def test_a_response_that_names_another_issuer_of_the_same_key_says_nothing(
    name_hash: bytes | None, status: str
) -> None:
    told = load_der_ocsp_response(ocsp_response(LEAF, ISSUER.issued))
    response = (
        OCSPResponseBuilder()
        .add_response_by_hash(
            issuer_name_hash=name_hash or told.issuer_name_hash,
            issuer_key_hash=told.issuer_key_hash,
            serial_number=told.serial_number,
            algorithm=hashes.SHA1(),
            cert_status=OCSPCertStatus.GOOD,
            this_update=THIS_WEEK[0],
            next_update=THIS_WEEK[1],
            revocation_time=None,
            revocation_reason=None,
        )
        .responder_id(OCSPResponderEncoding.NAME, ISSUER.issued.certificate)
        .sign(ISSUER.issued.key, hashes.SHA256())
    )
    assert ocsp_status(response.public_bytes(Encoding.DER), CHAIN, NOW) == status


def test_a_signature_over_sha_1_proves_nothing() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    issuer = ROOT.intermediate("RSA Issuer", key=key)
    leaf = issuer.leaf("site.test")
    response = ocsp_response(leaf, issuer.issued)
    told = load_der_ocsp_response(response)
    weak = key.sign(told.tbs_response_bytes, padding.PKCS1v15(), hashes.SHA1())
    weakened = response.replace(told.signature, weak)
    before, _, after = weakened.rpartition(RSA_WITH_SHA_256)
    weakened = before + RSA_WITH_SHA_1 + after
    assert isinstance(load_der_ocsp_response(weakened).signature_hash_algorithm, hashes.SHA1)
    assert ocsp_status(response, (leaf.der, issuer.issued.der), NOW) == "good"
    assert ocsp_status(weakened, (leaf.der, issuer.issued.der), NOW) == ""


def test_a_response_counts_while_it_is_in_force_and_not_before_or_after() -> None:
    response = ocsp_response(LEAF, ISSUER.issued)
    begins_at, ends_at = THIS_WEEK
    for moment, status in (
        (begins_at - HOUR, ""),
        (begins_at, "good"),
        (ends_at, "good"),
        (ends_at + HOUR, ""),
    ):
        assert ocsp_status(response, CHAIN, moment) == status


def test_a_clock_that_differs_by_a_little_is_forgiven() -> None:
    response = ocsp_response(LEAF, ISSUER.issued)
    little = timedelta(minutes=4)
    assert ocsp_status(response, CHAIN, THIS_WEEK[0] - little) == "good"
    assert ocsp_status(response, CHAIN, THIS_WEEK[1] + little) == "good"


def test_a_response_that_names_no_next_one_counts_for_a_day() -> None:
    response = ocsp_response(LEAF, ISSUER.issued, period=(NOW, None))
    assert ocsp_status(response, CHAIN, NOW + DAY - HOUR) == "good"
    assert ocsp_status(response, CHAIN, NOW + DAY + HOUR) == ""


def test_without_the_issuer_nothing_can_be_verified() -> None:
    response = ocsp_response(LEAF, ISSUER.issued)
    assert ocsp_status(response, (LEAF.der,), NOW) == ""
    assert ocsp_status(response, (LEAF.der, ROOT.issued.der), NOW) == ""
    assert ocsp_status(response, (), NOW) == ""


def test_a_self_signed_leaf_has_no_issuer_to_vouch_for_it() -> None:
    leaf = self_signed("site.test")
    assert ocsp_status(ocsp_response(leaf, leaf), (leaf.der,), NOW) == ""


def test_a_responder_that_could_not_answer_says_nothing() -> None:
    unsuccessful = OCSPResponseBuilder.build_unsuccessful(OCSPResponseStatus.TRY_LATER)
    assert ocsp_status(unsuccessful.public_bytes(Encoding.DER), CHAIN, NOW) == ""


@pytest.mark.parametrize("noise", [b"", b"\x30", b"\x30\x03\x0a\x01\x00", b"noise" * 2000])
def test_noise_says_nothing(noise: bytes) -> None:
    assert ocsp_status(noise, CHAIN, NOW) == ""


def test_a_long_response_is_read_like_a_short_one() -> None:
    many = (b"\0" * 20_000,)
    response = ocsp_response(LEAF, ISSUER.issued, status=REVOKED)
    assert ocsp_status(response, (*CHAIN, *many), NOW) == "revoked"


@given(st.binary(max_size=2000))
def test_any_noise_says_nothing(noise: bytes) -> None:
    assert ocsp_status(noise, CHAIN, NOW) == ""


@given(st.data())
def test_no_change_of_what_others_say_makes_the_issuer_say_it(data: st.DataObject) -> None:
    said = data.draw(st.sampled_from(FORGED))
    at = data.draw(st.integers(0, len(said) - 1))
    until = data.draw(st.integers(at, min(at + 8, len(said))))
    changed = said[:at] + data.draw(st.binary(max_size=8)) + said[until:]
    assert ocsp_status(changed, CHAIN, NOW) in {"", "good"}


@given(
    st.timedeltas(-3 * DAY, 3 * DAY),
    st.timedeltas(timedelta(seconds=1), 3 * DAY),
    st.timedeltas(-9 * DAY, 9 * DAY),
)
def test_a_response_counts_from_its_beginning_to_its_end_and_five_minutes_more(
    begins: timedelta, lasts: timedelta, asked: timedelta
) -> None:
    begins_at = (NOW + begins).replace(microsecond=0)
    ends_at = (begins_at + lasts).replace(microsecond=0)
    response = ocsp_response(LEAF, ISSUER.issued, period=(begins_at, ends_at))
    skew, moment = timedelta(minutes=5), NOW + asked
    is_in_force = begins_at - skew <= moment <= ends_at + skew
    assert ocsp_status(response, CHAIN, moment) == ("good" if is_in_force else "")
