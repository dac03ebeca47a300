"""A server's answer to an offer of one version of TLS: accepted only by what picks that version."""

from functools import cache

from services.prober.facts import OutcomeCode
from services.prober.observe.client_hello import NOISE_BYTES, RANDOM_BYTES, VERSIONS, Offer
from services.prober.observe.server_hello import ANSWER_BYTES, Answer, Malformed, server_hello
from tests.fuzz.target import Target, cut
from tests.targets.certificates import self_signed
from tests.targets.hostile import server_hello_of, tls_alert
from tests.targets.old_tls import answer_of, context_between

_NAME = "site.test"
_NOISE = bytes(range(NOISE_BYTES))
_CODES = frozenset(code for code in OutcomeCode if code.startswith("tls_")) | {OutcomeCode.OK}
# A record's head and a ServerHello's, up to the end of its random.
_LEAST_BYTES = 5 + 4 + 2 + RANDOM_BYTES


def check(noise: bytes) -> None:
    """Feed noise as it is, or what a real server answers with a few of its bytes changed."""
    manner, noise = noise[:1] or b"\0", noise[1:]
    name = tuple(VERSIONS)[manner[0] % len(VERSIONS)]
    offer = Offer(version=VERSIONS[name], server_name=_NAME, noise=_NOISE)
    if manner[0] < len(VERSIONS):
        _, pieces = cut(noise)
        _fed(offer, pieces)
        _read(noise)
        return
    flight = bytearray(_flight(name))
    for at in range(1, len(noise) - 2, 3):
        flight[int.from_bytes(noise[at : at + 2]) % len(flight)] ^= noise[at + 2]
    is_whole = not any(noise[3::3])
    _, pieces = cut((noise[:1] or b"\0") + bytes(flight))
    code = _fed(offer, pieces)
    assert not is_whole or code is OutcomeCode.OK


def _fed(offer: Offer, pieces: list[bytes]) -> OutcomeCode | None:
    """Feed the pieces as a connection does; cut otherwise, they mean the same."""
    code = _code_of(offer, pieces)
    message = b"".join(pieces)
    assert code is _code_of(offer, [message[at : at + 1] for at in range(len(message))])
    if code is OutcomeCode.OK:
        assert len(message) > _LEAST_BYTES
    return code


def _code_of(offer: Offer, pieces: list[bytes]) -> OutcomeCode | None:
    answer, fed_bytes = Answer(offer), 0
    for piece in pieces:
        code = answer.feed(piece)
        if code is not None:
            assert code in _CODES
            return code
        fed_bytes += len(piece)
        assert fed_bytes <= ANSWER_BYTES + 5
    assert answer.ended(OutcomeCode.TLS_CLOSED) in _CODES - {OutcomeCode.OK}
    return None


def _read(body: bytes) -> None:
    try:
        picked = server_hello(body)
    except Malformed:
        return
    assert picked.session_id in body
    assert len(picked.session_id) <= RANDOM_BYTES


@cache
def _flight(version: str) -> bytes:
    offer = Offer(version=VERSIONS[version], server_name=_NAME, noise=_NOISE)
    context = context_between(version, version, self_signed(_NAME))
    return answer_of(context, offer.client_hello())


TARGET = Target(
    check=check,
    seeds=(
        b"\2\0" + server_hello_of(b"\x03\x03"),
        b"\0\1" + server_hello_of(b"\x03\x01"),
        b"\2\1" + server_hello_of(b"\x03\x03")[9:],
        b"\1\5" + tls_alert(70),
        b"\3\0HTTP/1.1 400 Bad Request\r\n\r\n",
        *(bytes([manner, 1]) for manner in range(4, 8)),
        b"\7\0\0\x20\1",
        b"\6\5\0\x09\1\0\x0a\2",
    ),
    max_bytes=512,
)
