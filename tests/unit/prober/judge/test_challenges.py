import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.judge.challenges import Challenge, challenges_in, registered_scheme

FIELDS: dict[str, list[tuple[str, str, dict[str, str]]]] = {
    'Basic realm="Staging"': [("Basic", "", {"realm": "Staging"})],
    "Negotiate": [("Negotiate", "", {})],
    "Negotiate, NTLM": [("Negotiate", "", {}), ("NTLM", "", {})],
    "Negotiate YII=": [("Negotiate", "YII=", {})],
    "NEGOTIATE a87421000492aa874209af8bc028, basic Realm=x": [
        ("Negotiate", "a87421000492aa874209af8bc028", {}),
        ("Basic", "", {"realm": "x"}),
    ],
    # RFC 9110, section 11.6.1.
    'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""': [
        ("Basic", "", {"realm": "simple"}),
        ("Newauth", "", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}),
    ],
    # A comma, an equals sign and the name of a scheme inside a quoted value.
    'Digest realm="a, Basic realm=b", qop="auth, auth-int", nonce=n==': [
        ("Digest", "", {"realm": "a, Basic realm=b", "qop": "auth, auth-int", "nonce": "n=="})
    ],
    # RFC 9728, section 5.1; RFC 9449, section 7.1.
    'Bearer resource_metadata="https://x/.well-known/o", DPoP algs="ES256 PS256"': [
        ("Bearer", "", {"resource_metadata": "https://x/.well-known/o"}),
        ("DPoP", "", {"algs": "ES256 PS256"}),
    ],
    # Azure: an address without quotes; and parameters without commas, as seen in the wild.
    "Bearer authorization_uri=https://login.example/t?a=b": [
        ("Bearer", "", {"authorization_uri": "https://login.example/t?a=b"})
    ],
    'Bearer realm="x" error="invalid_token"': [
        ("Bearer", "", {"realm": "x", "error": "invalid_token"})
    ],
    "Basic realm = \"x\" , charset = 'UTF-8'": [
        ("Basic", "", {"realm": "x", "charset": "'UTF-8'"})
    ],
    ", ,Basic,, Bearer ,": [("Basic", "", {}), ("Bearer", "", {})],
    'Basic realm="a", realm="b"': [("Basic", "", {"realm": "a"})],
    'Basic realm="never closed, Bearer': [("Basic", "", {"realm": "never closed, Bearer"})],
    'Basic realm="ends in \\': [("Basic", "", {"realm": "ends in "})],
    "Negotiate YII=, x=1": [("Negotiate", "YII=", {})],
    "ApiKey": [("ApiKey", "", {})],
    "AWS4-HMAC-SHA256": [("AWS4-HMAC-SHA256", "", {})],
    'realm="x"': [],
    '"quoted, Basic", Bearer': [("Bearer", "", {})],
    "(:;) Basic": [("Basic", "", {})],
    "": [],
}


@pytest.mark.parametrize("field", FIELDS)
def test_challenges_are_read_by_their_grammar(field: str) -> None:
    read = [(one.scheme, one.token68, dict(one.parameters)) for one in challenges_in(field)]
    assert read == FIELDS[field]


@pytest.mark.parametrize("name", ["BEARER", "dpop", "scram-sha-256", "Vapid", "ntlm"])
def test_a_scheme_is_told_as_it_is_registered(name: str) -> None:
    assert registered_scheme(name) in {"Bearer", "DPoP", "SCRAM-SHA-256", "vapid", "NTLM"}
    assert registered_scheme(f"x-{name}") == f"x-{name}"


TOKENS = st.from_regex(re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}"), fullmatch=True)
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
PARAMETERS = st.dictionaries(TOKENS.map(str.lower), TEXTS, max_size=5)
TOKEN68 = st.from_regex(re.compile(r"[A-Za-z0-9._~+/-]{1,20}={0,2}"), fullmatch=True)
CHALLENGES = st.one_of(
    st.builds(
        lambda scheme, parameters: Challenge(
            scheme=registered_scheme(scheme), parameters=parameters
        ),
        TOKENS,
        PARAMETERS,
    ),
    st.builds(
        lambda scheme, token68: Challenge(scheme=registered_scheme(scheme), token68=token68),
        TOKENS,
        TOKEN68,
    ),
)


def written(challenge: Challenge, gap: str) -> str:
    """Return a challenge as a server that keeps to the grammar sends it."""
    quoted = {
        name: value.replace("\\", "\\\\").replace('"', '\\"')
        for name, value in challenge.parameters.items()
    }
    pairs = f"{gap},{gap}".join(f'{name}="{value}"' for name, value in quoted.items())
    return f"{challenge.scheme} {challenge.token68 or pairs}".strip()


@given(st.lists(CHALLENGES, max_size=8), st.sampled_from(["", " ", "\t"]))
def test_what_keeps_to_the_grammar_is_read_as_it_was_meant(
    challenges: list[Challenge], gap: str
) -> None:
    field = f"{gap}, ".join(written(one, gap) for one in challenges)
    assert list(challenges_in(field)) == challenges


@given(st.text(st.sampled_from('Basic Bearer,="\\;\t=x')))
def test_noise_is_read_as_few_challenges_with_names(field: str) -> None:
    read = challenges_in(field)
    assert len(read) <= 16
    assert all(one.scheme and one.scheme in field for one in read)


def test_many_challenges_and_parameters_are_bounded() -> None:
    assert len(challenges_in("Basic, " * 1000)) == 16
    (one,) = challenges_in("Basic " + ", ".join(f"p{n}=1" for n in range(100)))
    assert len(one.parameters) == 32
