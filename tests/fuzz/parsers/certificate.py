"""A certificate in DER: whatever it holds, facts that are bounded and can be written down."""

import hashlib

from services.prober.observe.certificate import certificate_facts, names_its_issuer_url
from services.prober.observe.names import covers
from services.prober.observe.verification import flags_for, message_for
from tests.fuzz.target import Target
from tests.targets.certificates import Authority, self_signed

_FQDN = "a.test"


def check(noise: bytes) -> None:
    """Read noise as a certificate."""
    facts = certificate_facts(noise)
    assert facts.fingerprint_sha256 == hashlib.sha256(noise).hexdigest()
    assert len(facts.names) <= 200
    for text in (facts.subject, facts.issuer, *facts.names):
        assert len(text) <= 1024
        text.encode()
    facts.serial_number.encode("ascii")
    facts.signature_algorithm.encode("ascii")
    assert facts.key_bits >= 0
    covers(facts.names, _FQDN)
    flags = flags_for((), (facts,), _FQDN, issuer_is_downloadable=names_its_issuer_url(noise))
    message_for(flags, (), (facts,), _FQDN).encode()


_ROOT = Authority.root("Root")

TARGET = Target(
    check=check,
    seeds=(
        b"",
        _ROOT.issued.der,
        self_signed("a.test", "*.b.test").der,
        _ROOT.leaf("a.test", issuer_url="http://ca.test/root.der").der,
    ),
)
