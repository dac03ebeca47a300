"""Certificates of every kind a prober meets, and server contexts that present them.

Everything is made here, by authorities of our own; make_authorities is slow enough to be shared.
"""

import datetime as dt
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)
LAST_YEAR = (NOW - 400 * DAY, NOW - 35 * DAY)
THIS_YEAR = (NOW - DAY, NOW + 365 * DAY)
NEXT_YEAR = (NOW + 30 * DAY, NOW + 395 * DAY)

Period = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Something that issues: a root, or an intermediate below one."""

    issued: Issued

    @classmethod
    def root(cls, name: str) -> Self:
        """Return a self-signed authority."""
        return cls(issued=_issue(name, (), by=None, is_authority=True))

    def intermediate(self, name: str, *, key: PrivateKey | None = None) -> "Authority":
        """Return an authority below this one."""
        return Authority(issued=_issue(name, (), by=self.issued, key=key, is_authority=True))

    def leaf(
        self,
        *names: str,
        period: Period = THIS_YEAR,
        key: PrivateKey | None = None,
        issuer_url: str = "",
        usage: x509.ObjectIdentifier | None = None,
    ) -> Issued:
        """Return a server certificate for these DNS names."""
        return _issue(
            names[0],
            names,
            by=self.issued,
            period=period,
            key=key,
            extensions=_extensions(issuer_url, usage),
        )


def self_signed(*names: str, period: Period = THIS_YEAR) -> Issued:
    """Return a server certificate that nobody else vouches for."""
    return _issue(names[0], names, by=None, period=period)


def server_context(
    *chain: Issued, client_ca: Issued | None = None, alpn: Sequence[str] = ()
) -> ssl.SSLContext:
    """Return a server context that sends this chain, leaf first, however weak or wrong it is.

    Of what the client offers in ALPN it agrees to the first of its own, and else says nothing.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with tempfile.NamedTemporaryFile() as file:
        file.write(chain[0].key_pem + b"".join(each.pem for each in chain))
        file.flush()
        context.load_cert_chain(file.name)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca.pem.decode())
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def write_bundle(path: Path, *authorities: Authority) -> Path:
    """Write the roots a client is to trust as a PEM file."""
    path.write_bytes(b"".join(authority.issued.pem for authority in authorities))
    return path


def rsa_key() -> PrivateKey:
    """Return an RSA key that is long enough."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def weak_key() -> PrivateKey:
    """Return an RSA key that is too short."""
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def _issue(
    common_name: str,
    names: tuple[str, ...],
    *,
    by: Issued | None,
    period: Period = THIS_YEAR,
    key: PrivateKey | None = None,
    is_authority: bool = False,
    extensions: tuple[x509.ExtensionType, ...] = (),
) -> Issued:
    own = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(period[0])
        .not_valid_after(period[1])
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternative, critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signed = builder.sign(own if by is None else by.key, hashes.SHA256())
    return Issued(certificate=signed, key=own)


def _extensions(
    issuer_url: str, usage: x509.ObjectIdentifier | None
) -> tuple[x509.ExtensionType, ...]:
    made: list[x509.ExtensionType] = []
    if issuer_url:
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_url)
        )
        made.append(x509.AuthorityInformationAccess([access]))
    if usage is not None:
        made.append(x509.ExtendedKeyUsage([usage]))
    return tuple(made)
