"""Reads X.509 certificates as servers send them.

Law: nothing a server can put into a certificate raises here; a field that cannot be read stays
empty, the fingerprint is always there.
"""

import hashlib
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, SignatureAlgorithmOID

from services.prober.facts import Certificate

_T = TypeVar("_T")

# Certificates that are read once, for as long as they keep coming; 4 MiB at most.
_REMEMBERED: Final = 1024
_REMEMBERED_BYTES: Final = 4096

_MAX_NAMES: Final = 200
_MAX_TEXT_CHARS: Final = 1024
_SIGNATURE_NAMES: Final = {
    value: name.lower()
    for name, value in vars(SignatureAlgorithmOID).items()
    if isinstance(value, x509.ObjectIdentifier)
}
_FIXED_KEYS: Final[tuple[tuple[type, str, int], ...]] = (
    (ed25519.Ed25519PublicKey, "ed25519", 256),
    (ed448.Ed448PublicKey, "ed448", 456),
)
_SIZED_KEYS: Final[tuple[tuple[type, str], ...]] = (
    (rsa.RSAPublicKey, "rsa"),
    (ec.EllipticCurvePublicKey, "ec"),
    (dsa.DSAPublicKey, "dsa"),
)


def certificate_facts(der: bytes) -> Certificate:
    """Return the facts of one certificate in DER."""
    return _remembered_facts(der) if len(der) <= _REMEMBERED_BYTES else _read_facts(der)


@lru_cache(maxsize=_REMEMBERED)
def _remembered_facts(der: bytes) -> Certificate:
    """Return what was read of the very same bytes before: hosts share their intermediates."""
    return _read_facts(der)


def _read_facts(der: bytes) -> Certificate:
    fingerprint = hashlib.sha256(der).hexdigest()
    with warnings.catch_warnings():
        # The parser warns of what is deprecated in certificates; here that is a fact, not a fault.
        warnings.simplefilter("ignore")
        parsed = _or(None, lambda: x509.load_der_x509_certificate(der))
        if parsed is None:
            return Certificate(fingerprint_sha256=fingerprint)
        return _facts(parsed, fingerprint)


def names_its_issuer_url(der: bytes) -> bool:
    """Tell whether a certificate says where its issuer's certificate is to be had (RFC 5280 AIA).

    Public authorities always say so below their roots; a private root rarely does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _or(False, lambda: _has_issuer_url(der))


def _facts(parsed: x509.Certificate, fingerprint: str) -> Certificate:
    key_type, key_bits = _or(("", 0), lambda: _key(parsed))
    return Certificate(
        subject=_or("", lambda: parsed.subject.rfc4514_string()[:_MAX_TEXT_CHARS]),
        issuer=_or("", lambda: parsed.issuer.rfc4514_string()[:_MAX_TEXT_CHARS]),
        names=_or((), lambda: _names(parsed)),
        serial_number=_or("", lambda: f"{parsed.serial_number:X}"),
        not_before=_or(None, lambda: parsed.not_valid_before_utc),
        not_after=_or(None, lambda: parsed.not_valid_after_utc),
        fingerprint_sha256=fingerprint,
        key_type=key_type,
        key_bits=key_bits,
        signature_algorithm=_or("", lambda: _signature(parsed)),
    )


def _or(default: _T, read: Callable[[], _T]) -> _T:
    """Return what read returns, or the default when the certificate cannot be read that far."""
    try:
        return read()
    except Exception:  # noqa: BLE001 - the parser's errors are of many types, all about the input
        return default


def _names(parsed: x509.Certificate) -> tuple[str, ...]:
    extension = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    names = [
        str(name.value)[:_MAX_TEXT_CHARS]
        for name in extension.value
        if isinstance(name, x509.DNSName | x509.IPAddress)
    ]
    return tuple(names[:_MAX_NAMES])


def _key(parsed: x509.Certificate) -> tuple[str, int]:
    key = parsed.public_key()
    for kind, name, bits in _FIXED_KEYS:
        if isinstance(key, kind):
            return name, bits
    for kind, name in _SIZED_KEYS:
        if isinstance(key, kind):
            return name, int(getattr(key, "key_size", 0))
    return type(key).__name__.removesuffix("PublicKey").lower(), 0


def _signature(parsed: x509.Certificate) -> str:
    oid = parsed.signature_algorithm_oid
    return _SIGNATURE_NAMES.get(oid, oid.dotted_string)


def _has_issuer_url(der: bytes) -> bool:
    access = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(
        x509.AuthorityInformationAccess
    )
    return any(
        item.access_method == AuthorityInformationAccessOID.CA_ISSUERS for item in access.value
    )
