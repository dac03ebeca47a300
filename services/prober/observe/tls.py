"""Reads the facts of a TLS session: what was agreed on, the chain as sent, what is wrong in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.prober.facts import Certificate, Outcome, OutcomeCode, TlsFacts, TlsFlag
from services.prober.observe.certificate import certificate_facts, names_its_issuer_url
from services.prober.observe.session import Shown
from services.prober.observe.staple import REVOKED, ocsp_status
from services.prober.observe.verification import WEAK, breaking, flags_for, message_for

# How a handshake ends whose certificate was verified, whatever came of the verification.
_VERIFIED: Final = frozenset({OutcomeCode.OK, OutcomeCode.TLS_CLIENT_CERTIFICATE_REQUIRED})


def tls_facts(shown: Shown, outcome: Outcome, fqdn: str, moment: datetime) -> TlsFacts:
    """Return what a handshake showed; complete with a bad certificate, and as far as it went.

    Moment is that of the handshake, give or take the exchange that followed it.
    """
    ders = shown.chain
    if not ders:
        return TlsFacts(
            outcome=outcome,
            version=shown.version,
            cipher=shown.cipher,
            key_exchange=shown.key_exchange,
            client_certificate_requested=shown.client_certificate_requested,
        )
    chain = tuple(certificate_facts(der) for der in ders)
    errors = shown.verify_errors
    stapled = _ocsp_status(shown, ders, moment)
    flags = flags_for(
        errors,
        chain,
        fqdn,
        issuer_is_downloadable=bool(errors) and names_its_issuer_url(ders[0]),
        is_revoked=stapled == REVOKED,
    )
    valid = outcome.code in _VERIFIED and not errors and _is_trusted(flags, chain, shown)
    return TlsFacts(
        outcome=outcome,
        valid=valid,
        flags=flags,
        version=shown.version,
        cipher=shown.cipher,
        alpn=shown.alpn,
        chain=chain,
        verify_message="" if valid else message_for(flags, errors, chain, fqdn),
        key_exchange=shown.key_exchange,
        days_left=_days_left(chain[0], moment),
        ocsp_status=stapled,
        client_certificate_requested=shown.client_certificate_requested,
    )


def _ocsp_status(shown: Shown, sent: Sequence[bytes], moment: datetime) -> str:
    staple = shown.staple
    if not staple:
        return ""
    # Servers leave a root out that issued the leaf; the path that was verified has it.
    return ocsp_status(staple, (sent[0], *shown.verified_chain[1:], *sent[1:]), moment)


def _days_left(leaf: Certificate, moment: datetime) -> int | None:
    """Return whole days, rounded down: -1 from the moment of expiry on."""
    return None if leaf.not_after is None else (leaf.not_after - moment).days


def _is_trusted(flags: tuple[TlsFlag, ...], chain: tuple[Certificate, ...], shown: Shown) -> bool:
    if not set(flags) & WEAK:
        return not flags
    path = tuple(certificate_facts(der) for der in shown.verified_chain)
    return not breaking(flags, path or chain)
