"""The demo site's certificate authority: kept in a folder, so that trust survives restarts."""

import os
import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_LIFE: Final = timedelta(days=3650)
_LEAF_LIFE: Final = timedelta(days=90)
_SKEW: Final = timedelta(hours=1)


class Authority:
    """Signs certificates; its own is ca.pem in its folder."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._folder = folder
        self._now = now
        if not self.certificate_file.is_file():
            self._create()
        key = load_pem_private_key(self._key_file.read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)  # noqa: S101 - it is the one made below
        self._key = key
        self._certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())

    @property
    def certificate_file(self) -> Path:
        """The trust root, in PEM."""
        return self._folder / "ca.pem"

    @property
    def _key_file(self) -> Path:
        return self._folder / "ca-key.pem"

    def server_context(self, name: str) -> ssl.SSLContext:
        """Return what a server needs to prove that it is name."""
        key = generate_private_key(SECP256R1())
        authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        leaf = (
            _certificate(name, self._certificate.subject, key, (self._now, _LEAF_LIFE))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(authority_id, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        chain = self._folder / "site.pem"
        _write(chain, _private_pem(key) + leaf.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def _create(self) -> None:
        key = generate_private_key(SECP256R1())
        name = "OutScope demo authority"
        own_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        root = (
            _certificate(name, _common_name(name), key, (self._now, _AUTHORITY_LIFE))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(own_id, critical=False)
            .add_extension(_may_sign(), critical=True)
            .sign(key, hashes.SHA256())
        )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(self._key_file, _private_pem(key))
        _write(self.certificate_file, root.public_bytes(Encoding.PEM))


def _certificate(
    name: str,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    life: tuple[datetime, timedelta],
) -> x509.CertificateBuilder:
    begins, lasts = life
    return (
        x509.CertificateBuilder()
        .subject_name(_common_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - _SKEW)
        .not_valid_after(begins + lasts)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _may_sign() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Replace a file whole, readable by its owner only."""
    temporary = path.with_name(f"{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)
