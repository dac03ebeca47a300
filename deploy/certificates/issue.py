"""Issues certificates: an authority, and leaves that name a service.

A leaf names its service by a SPIFFE ID, and a server by the names it is dialled by, too; what only
dials has none, so that it can never pass for a server.
Source: https://www.rfc-editor.org/rfc/rfc5280#section-4.2
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TRUST_DOMAIN: Final = "outscope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as PEM, under no password."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """Whom a certificate is for: its service, and the names it is dialled by if it is."""

    service: str
    hosts: tuple[str, ...] = ()
    dials: bool = True

    @property
    def identity(self) -> str:
        """The SPIFFE ID of the service."""
        return f"spiffe://{TRUST_DOMAIN}/{self.service}"


def authority(name: str, *, begins: datetime, ends: datetime) -> Issued:
    """Return an authority that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(subject, subject, key, (begins, ends))
    usage = _key_usage(is_authority=True)
    signed = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Issued(certificate=signed, key=key)


def issue(leaf: Leaf, *, by: Issued, begins: datetime, ends: datetime) -> Issued:
    """Return a certificate for a service, made by an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = by.certificate.subject
    names = [x509.UniformResourceIdentifier(leaf.identity), *map(_host, leaf.hosts)]
    signed = (
        _builder(_name(leaf.service), issuer, key, (begins, ends))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_usages(leaf)), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
        .sign(by.key, hashes.SHA256())
    )
    return Issued(certificate=signed, key=key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    period: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(period[0])
        .not_valid_after(period[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usages(leaf: Leaf) -> Sequence[x509.ObjectIdentifier]:
    usages = [ExtendedKeyUsageOID.SERVER_AUTH] if leaf.hosts else []
    return [*usages, ExtendedKeyUsageOID.CLIENT_AUTH] if leaf.dials else usages


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
