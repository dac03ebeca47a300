"""A WWW-Authenticate field: few challenges with names, whatever its quotes and commas."""

from services.prober.judge.challenges import challenges_in, registered_scheme
from tests.fuzz.target import Target

_CHALLENGES = 16
_PARAMETERS = 32


def check(noise: bytes) -> None:
    """Read noise as the value of a header."""
    field = noise.decode("latin-1")
    challenges = challenges_in(field)
    assert len(challenges) <= _CHALLENGES
    for challenge in challenges:
        assert challenge.scheme.lower() in field.lower()
        assert registered_scheme(challenge.scheme) == challenge.scheme
        assert challenge.token68 in field
        assert len(challenge.parameters) <= _PARAMETERS
        assert not (challenge.token68 and challenge.parameters)
        for name, value in challenge.parameters.items():
            assert name == name.lower()
            assert len(value) <= len(field)


TARGET = Target(
    check=check,
    seeds=(
        b'Basic realm="Staging, inner", Bearer error="a \\"b\\" c"',
        b"Negotiate YII=, NTLM",
        b'Digest qop="auth,auth-int", nonce=x==, algorithm=MD5',
        b'Bearer resource_metadata="https://x/.well-known/o" , DPoP algs = "ES256"',
        b'Basic realm="never closed',
    ),
    max_bytes=9000,
)
