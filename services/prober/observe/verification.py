"""Turns what the verifier complained of into flags and a sentence: pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.prober.facts import Certificate, TlsFlag
from services.prober.observe.names import covers

# X509_V_ERR_… of OpenSSL's x509_vfy.h; the numbers are part of its stable interface.
_UNABLE_TO_GET_ISSUER: Final = 2
_NOT_YET_VALID: Final = 9
_HAS_EXPIRED: Final = 10
_SELF_SIGNED_LEAF: Final = 18
_SELF_SIGNED_IN_CHAIN: Final = 19
_UNABLE_TO_GET_ISSUER_LOCALLY: Final = 20
_UNABLE_TO_VERIFY_LEAF: Final = 21
_REVOKED: Final = 23
_MISSING_ISSUER: Final = frozenset(
    {_UNABLE_TO_GET_ISSUER, _UNABLE_TO_GET_ISSUER_LOCALLY, _UNABLE_TO_VERIFY_LEAF}
)
_FLAG_OF: Final = {
    _NOT_YET_VALID: TlsFlag.NOT_YET_VALID,
    _HAS_EXPIRED: TlsFlag.EXPIRED,
    _SELF_SIGNED_LEAF: TlsFlag.SELF_SIGNED,
    _SELF_SIGNED_IN_CHAIN: TlsFlag.UNTRUSTED_ROOT,
    _REVOKED: TlsFlag.REVOKED,
}

# NIST SP 800-57 part 1: below 112 bits of strength.
_MIN_KEY_BITS: Final = {"rsa": 2048, "ec": 224}
_WEAK_KEYS: Final = frozenset({"dsa"})
_WEAK_DIGESTS: Final = ("md5", "sha1")

# Flags of what is weak, which breaks trust only where clients look.
WEAK: Final = frozenset({TlsFlag.WEAK_KEY, TlsFlag.WEAK_SIGNATURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyError:
    """One complaint of the verifier: OpenSSL's code and the depth, 0 being the leaf."""

    code: int
    depth: int


def flags_for(
    errors: Sequence[VerifyError],
    chain: Sequence[Certificate],
    fqdn: str,
    *,
    issuer_is_downloadable: bool = False,
    is_revoked: bool = False,
) -> tuple[TlsFlag, ...]:
    """Return everything that breaks trust in this chain for this name, or is weak in it."""
    codes = {error.code for error in errors}
    flags = {flag for code, flag in _FLAG_OF.items() if code in codes}
    if codes & _MISSING_ISSUER:
        flags |= _missing_issuer(chain, issuer_is_downloadable=issuer_is_downloadable)
    if is_revoked:
        flags.add(TlsFlag.REVOKED)
    if not (chain and covers(chain[0].names, fqdn)):
        flags.add(TlsFlag.NAME_MISMATCH)
    flags.update(_weaknesses(chain))
    return tuple(flag for flag in TlsFlag if flag in flags) if flags else ()


def breaking(flags: Sequence[TlsFlag], path: Sequence[Certificate]) -> tuple[TlsFlag, ...]:
    """Return the flags that make clients refuse the certificate; path is what they verify.

    Clients refuse a weak key or signature as OpenSSL does at security level 2, the default of
    today's distributions: below 112 bits, so RSA under 2048 bits and SHA-1, in the leaf or in what
    leads from it to the trusted root. What else the server sends is flagged and breaks nothing.
    """
    weak = set(_weaknesses(path))
    return tuple(flag for flag in flags if flag not in WEAK or flag in weak)


def message_for(
    flags: Sequence[TlsFlag], errors: Sequence[VerifyError], chain: Sequence[Certificate], fqdn: str
) -> str:
    """Return what is wrong in one sentence for people; empty when nothing is."""
    parts = [_sentence(flag, chain, fqdn) for flag in flags]
    explained = set(_FLAG_OF) | _MISSING_ISSUER
    parts += [
        f"verification error {error.code} at depth {error.depth}"
        for error in errors
        if error.code not in explained
    ]
    return "; ".join(dict.fromkeys(parts))


def _missing_issuer(chain: Sequence[Certificate], *, issuer_is_downloadable: bool) -> set[TlsFlag]:
    """Tell a chain that lacks an intermediate from one that ends at a root nobody trusts.

    A lone leaf looks the same in both cases, except that a public authority's leaf says where its
    issuer is; without that, both are said.
    """
    if len(chain) > 1:
        return {TlsFlag.UNTRUSTED_ROOT}
    if issuer_is_downloadable:
        return {TlsFlag.INCOMPLETE_CHAIN}
    return {TlsFlag.INCOMPLETE_CHAIN, TlsFlag.UNTRUSTED_ROOT}


def _weaknesses(chain: Sequence[Certificate]) -> Iterator[TlsFlag]:
    if any(_is_weak_key(certificate) for certificate in chain):
        yield TlsFlag.WEAK_KEY
    if any(_is_weakly_signed(certificate) for certificate in chain):
        yield TlsFlag.WEAK_SIGNATURE


def _is_weak_key(certificate: Certificate) -> bool:
    if certificate.key_type in _WEAK_KEYS:
        return True
    return 0 < certificate.key_bits < _MIN_KEY_BITS.get(certificate.key_type, 0)


def _is_weakly_signed(certificate: Certificate) -> bool:
    """Tell a weak signature that matters: nobody relies on a root's signature of itself."""
    if certificate.subject == certificate.issuer:
        return False
    return certificate.signature_algorithm.endswith(_WEAK_DIGESTS)


def _sentence(flag: TlsFlag, chain: Sequence[Certificate], fqdn: str) -> str:
    leaf = chain[0] if chain else None
    if flag is TlsFlag.NAME_MISMATCH:
        offered = ", ".join(leaf.names[:5]) if leaf and leaf.names else "no name"
        return f"the certificate is for {offered}, not for {fqdn}"
    if flag is TlsFlag.EXPIRED:
        return f"a certificate expired{_on(chain, latest=False)}"
    if flag is TlsFlag.NOT_YET_VALID:
        return f"a certificate is not valid before its date{_on(chain, latest=True)}"
    if flag is TlsFlag.INCOMPLETE_CHAIN:
        return f"the issuer {leaf.issuer if leaf else ''} was not sent"
    return _SENTENCES[flag]


def _on(chain: Sequence[Certificate], *, latest: bool) -> str:
    dates: list[datetime] = [
        date for certificate in chain if (date := _date(certificate, begin=latest)) is not None
    ]
    if not dates:
        return ""
    return f": {(max(dates) if latest else min(dates)):%Y-%m-%d %H:%M} UTC"


def _date(certificate: Certificate, *, begin: bool) -> datetime | None:
    return certificate.not_before if begin else certificate.not_after


_SENTENCES: Final = {
    TlsFlag.SELF_SIGNED: "the certificate is signed by itself",
    TlsFlag.UNTRUSTED_ROOT: "the chain does not lead to a trusted root",
    TlsFlag.WEAK_KEY: "a key in the chain is too short",
    TlsFlag.WEAK_SIGNATURE: "a signature in the chain uses MD5 or SHA-1",
    TlsFlag.REVOKED: "a certificate was revoked",
}
