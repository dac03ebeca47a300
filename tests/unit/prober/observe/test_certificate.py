import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from services.prober.facts import Certificate
from services.prober.observe.certificate import certificate_facts, names_its_issuer_url
from tests.targets.certificates import LAST_YEAR, Authority, Issued, self_signed

LEAF = self_signed("a.test", "*.b.test", period=LAST_YEAR)


def test_the_fields_are_those_of_the_certificate() -> None:
    facts = certificate_facts(LEAF.der)
    assert facts == Certificate(
        subject="CN=a.test",
        issuer="CN=a.test",
        names=("a.test", "*.b.test"),
        serial_number=f"{LEAF.certificate.serial_number:X}",
        not_before=LAST_YEAR[0],
        not_after=LAST_YEAR[1],
        fingerprint_sha256=hashlib.sha256(LEAF.der).hexdigest(),
        key_type="ec",
        key_bits=256,
        signature_algorithm="ecdsa_with_sha256",
    )


def test_an_rsa_key_is_told_with_its_size() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    facts = certificate_facts(Authority.root("Root").leaf("a.test", key=key).der)
    assert (facts.key_type, facts.key_bits) == ("rsa", 2048)
    assert facts.subject != facts.issuer == "CN=Root"


@pytest.mark.parametrize(
    "der",
    [b"", b"\x00", b"not a certificate", LEAF.der[:-1]],
    ids=["empty", "zero", "text", "cut off"],
)
def test_what_cannot_be_read_still_has_a_fingerprint(der: bytes) -> None:
    fingerprint = hashlib.sha256(der).hexdigest()
    assert certificate_facts(der) == Certificate(fingerprint_sha256=fingerprint)
    assert not names_its_issuer_url(der)


@given(st.integers(0, len(LEAF.der) - 1), st.integers(0, 255))
def test_no_changed_byte_raises(at: int, byte: int) -> None:
    der = LEAF.der[:at] + bytes([byte]) + LEAF.der[at + 1 :]
    assert certificate_facts(der).fingerprint_sha256 == hashlib.sha256(der).hexdigest()


def test_a_huge_certificate_is_read_and_its_names_bounded() -> None:
    facts = certificate_facts(self_signed(*(f"n{number}.test" for number in range(500))).der)
    assert len(facts.names) == 200
    assert facts.names[0] == "n0.test"


@pytest.mark.parametrize(
    ("leaf", "named"),
    [
        (Authority.root("Root").leaf("a.test", issuer_url="http://ca.test/root.der"), True),
        (Authority.root("Root").leaf("a.test"), False),
    ],
)
def test_where_the_issuer_is_to_be_had_is_seen(leaf: Issued, *, named: bool) -> None:
    assert names_its_issuer_url(leaf.der) is named
