from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.certificates.issue import Issued, Leaf, authority, issue

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


def made(leaf: Leaf) -> tuple[Issued, x509.Certificate]:
    ca = authority("test", begins=NOW, ends=LATER)
    return ca, issue(leaf, by=ca, begins=NOW, ends=LATER).certificate


def usages(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_an_authority_can_issue_leaves_and_no_authorities() -> None:
    ca, leaf = made(Leaf(service="notifier"))
    constraints = ca.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (
        True,
        True,
        0,
    )
    leaf.verify_directly_issued_by(ca.certificate)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (NOW, LATER)


def test_what_only_dials_has_an_identity_and_no_name_to_be_dialled_by() -> None:
    _, leaf = made(Leaf(service="notifier"))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.UniformResourceIdentifier("spiffe://outscope/notifier")]
    assert usages(leaf) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    (common_name,) = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert common_name.value == "notifier"


def test_what_is_dialled_has_its_names_and_addresses() -> None:
    _, both = made(Leaf(service="scheduler", hosts=("scheduler", "127.0.0.1", "::1")))
    names = both.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["scheduler"]
    addresses = names.get_values_for_type(x509.IPAddress)
    assert list(map(str, addresses)) == ["127.0.0.1", "::1"]
    assert usages(both) == [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    _, only = made(Leaf(service="postgres", hosts=("postgres",), dials=False))
    assert usages(only) == [ExtendedKeyUsageOID.SERVER_AUTH]
