"""Reads what a stapled OCSP response says of the leaf it came with (RFC 6960, RFC 6066 section 8).

Law: only what the leaf's issuer vouches for counts: signed by its key or by that of a responder it
has delegated, about this leaf, and in force at the moment of the handshake. Anything else says
nothing, and nothing a server can put into a response raises here.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

_STATUSES: Final = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}
REVOKED: Final = _STATUSES[ocsp.OCSPCertStatus.REVOKED]

# Clocks of responders and ours may differ by this much.
_SKEW: Final = timedelta(minutes=5)
# A response that names no next one is replaced at any time; stapled ones are taken for a day.
_UNTIL_NEXT: Final = timedelta(days=1)
# What a response may hold of each; real ones have one.
_MOST: Final = 8

# Responses verified once, for as long as they keep coming: every host of a name has the same.
_REMEMBERED: Final = 512
_REMEMBERED_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """What a verified response says, and from when to when it may be said."""

    status: str
    begins_at: datetime
    ends_at: datetime


def ocsp_status(response: bytes, chain: Sequence[bytes], moment: datetime) -> str:
    """Return good, revoked or unknown, or empty when the response says nothing that counts.

    The chain is in DER, leaf first; among the rest the issuer of the leaf is looked for.
    """
    if not response or len(chain) == 0:
        return ""
    ders = (response, *chain)
    is_small = sum(map(len, ders)) <= _REMEMBERED_BYTES
    statement = (_remembered_statements if is_small else _statements)(response, tuple(chain))
    return next((each.status for each in statement if each.begins_at <= moment <= each.ends_at), "")


@lru_cache(maxsize=_REMEMBERED)
def _remembered_statements(response: bytes, chain: tuple[bytes, ...]) -> tuple[_Statement, ...]:
    """Return what was verified of the very same bytes before; dates are compared each time."""
    return _statements(response, chain)


def _statements(response: bytes, chain: tuple[bytes, ...]) -> tuple[_Statement, ...]:
    # The parser's errors are of many types, all about the input.
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        told = ocsp.load_der_ocsp_response(response)
        if told.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
            leaf = x509.load_der_x509_certificate(chain[0])
            return tuple(_vouched_for(told, leaf, chain[1:]))
    return ()


def _vouched_for(
    told: ocsp.OCSPResponse, leaf: x509.Certificate, others: Sequence[bytes]
) -> Iterator[_Statement]:
    issuer = _issuer_of(leaf, others)
    if issuer is None:
        return
    signer = _signer_of(told, issuer)
    if signer is None:
        return
    for single in islice(told.responses, _MOST):
        if not _is_about(single, leaf, issuer):
            continue
        next_at = single.next_update_utc or single.this_update_utc + _UNTIL_NEXT
        begins_at, ends_at = single.this_update_utc - _SKEW, next_at + _SKEW
        if signer is not issuer:  # a responder speaks for as long as its certificate lasts
            begins_at = max(begins_at, signer.not_valid_before_utc)
            ends_at = min(ends_at, signer.not_valid_after_utc)
        yield _Statement(
            status=_STATUSES[single.certificate_status], begins_at=begins_at, ends_at=ends_at
        )


def _issuer_of(leaf: x509.Certificate, others: Sequence[bytes]) -> x509.Certificate | None:
    for der in others[:_MOST]:
        with suppress(Exception):  # as above
            other = x509.load_der_x509_certificate(der)
            leaf.verify_directly_issued_by(other)
            return other
    return None


def _signer_of(told: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate | None:
    """Return who signed the response: the issuer, or a responder it has delegated, or nobody."""
    if _has_signed(issuer, told):
        return issuer
    for certificate in islice(told.certificates, _MOST):
        if _is_delegated(certificate, issuer) and _has_signed(certificate, told):
            return certificate
    return None


def _is_delegated(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell a responder that the issuer itself has named as one (RFC 6960, section 4.2.2.2)."""
    with suppress(Exception):  # as above
        certificate.verify_directly_issued_by(issuer)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        return ExtendedKeyUsageOID.OCSP_SIGNING in usage.value
    return False


def _has_signed(certificate: x509.Certificate, told: ocsp.OCSPResponse) -> bool:
    with suppress(Exception):  # as above, and what a signature that is none raises
        _check_signature(certificate, told)
        return True
    return False


def _check_signature(certificate: x509.Certificate, told: ocsp.OCSPResponse) -> None:
    """Raise unless the key of the certificate made the signature, over more than MD5 or SHA-1."""
    key = certificate.public_key()
    digest = told.signature_hash_algorithm
    signature, signed = told.signature, told.tbs_response_bytes
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(signature, signed)
        return
    if digest is None or isinstance(digest, hashes.MD5 | hashes.SHA1):
        raise ValueError("a digest that proves nothing")
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(digest))
    else:
        raise TypeError("a key that signs no responses")


def _is_about(
    single: ocsp.OCSPSingleResponse, leaf: x509.Certificate, issuer: x509.Certificate
) -> bool:
    """Tell whether a certificate is named as a client that asks for it would have named it."""
    if single.serial_number != leaf.serial_number:
        return False
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, single.hash_algorithm)
    asked = builder.build()
    return (asked.issuer_name_hash, asked.issuer_key_hash) == (
        single.issuer_name_hash,
        single.issuer_key_hash,
    )
