"""A stapled OCSP response: whatever it holds, only the issuer's word changes what is told."""

from cryptography.x509.ocsp import OCSPCertStatus

from services.prober.observe.staple import ocsp_status
from tests.fuzz.target import Target
from tests.targets.certificates import NOW, Authority
from tests.targets.stapling import ocsp_response

_ISSUER = Authority.root("Root")
_LEAF = _ISSUER.leaf("a.test")
_OTHER = Authority.root("Other Root")
_CHAIN = (_LEAF.der, _ISSUER.issued.der)
_GOOD = ocsp_response(_LEAF, _ISSUER.issued)


def check(noise: bytes) -> None:
    """Read noise as the response of a leaf that its issuer has only ever called good."""
    assert ocsp_status(noise, _CHAIN, NOW) in {"", "good"}
    ocsp_status(_GOOD, (_LEAF.der, noise), NOW)
    ocsp_status(_GOOD, (noise, _ISSUER.issued.der), NOW)


TARGET = Target(
    check=check,
    seeds=(
        b"",
        _GOOD,
        ocsp_response(_LEAF, _OTHER.issued, status=OCSPCertStatus.REVOKED),
        ocsp_response(
            _LEAF, _ISSUER.issued, status=OCSPCertStatus.REVOKED, responder=_OTHER.issued
        ),
    ),
)
