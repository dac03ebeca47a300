"""Writes the ClientHello that offers a server one version of TLS and nothing else: no I/O.

No library offers what a server that was never renewed insists on, so it is written by hand (RFC
5246 and RFC 8446, sections 7.4.1.2 and 4.1.2). Law: nothing but the version gives a server a reason
to refuse. Every suite is offered that a server on the web was ever set up with; what old servers
choke on is avoided: more than 128 suites, a message of 256 to 511 bytes, an empty last extension.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

TLS_1_0: Final = 0x0301
TLS_1_1: Final = 0x0302
TLS_1_2: Final = 0x0303
TLS_1_3: Final = 0x0304
# In the order of their age, as the facts name them.
VERSIONS: Final = MappingProxyType(
    {"TLSv1": TLS_1_0, "TLSv1.1": TLS_1_1, "TLSv1.2": TLS_1_2, "TLSv1.3": TLS_1_3}
)

HANDSHAKE: Final = 22
CLIENT_HELLO: Final = 1
SUPPORTED_VERSIONS: Final = 43

RANDOM_BYTES: Final = 32
# What one offer takes of chance: its random, its session ID and its share of a key.
NOISE_BYTES: Final = 3 * RANDOM_BYTES

_SERVER_NAME: Final = 0
_SUPPORTED_GROUPS: Final = 10
_EC_POINT_FORMATS: Final = 11
_SIGNATURE_ALGORITHMS: Final = 13
_PADDING: Final = 21
_ENCRYPT_THEN_MAC: Final = 22
_EXTENDED_MASTER_SECRET: Final = 23
_PSK_KEY_EXCHANGE_MODES: Final = 45
_KEY_SHARE: Final = 51

_X25519: Final = 0x001D
# Says that renegotiation is safe with us (RFC 5746), as an extension would.
_RENEGOTIATION_INFO: Final = 0x00FF
# Some load balancers hang on messages of 256 to 511 bytes (RFC 7685).
_CHOKING: Final = range(256, 512)
_EXTENSION_HEAD_BYTES: Final = 4


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each, 16) for each in text.split())


_SUITES_1_3: Final = _numbers("1301 1302 1303 1304 1305 00C6 00C7 C103 C104 C105 C106")
# Of 1.2 only: AES in GCM and CCM, ChaCha20, CBC with SHA-2.
_COMMON_1_2: Final = _numbers(
    "C02B C02C C02F C030 CCA9 CCA8 009E 009F CCAA 009C 009D C023 C024 C027 C028 0067 006B 003C"
    " 003D C0AC C0AD C09E C09F C09C C09D"
)
# AES, 3DES, RC4, Camellia, SEED and IDEA, keys by ECDHE, DHE, RSA; certificates of RSA, EC and DSA.
_COMMON: Final = _numbers(
    "C013 C014 C009 C00A 002F 0035 0033 0039 000A C012 C008 0016 0005 0004 C011 C007 0041 0084"
    " 0045 0088 0096 009A 0007 0032 0038 0013"
)
# CCM with short tags, DSA, fixed ECDH, Camellia, ARIA, GOST, and servers without a certificate.
_RARE_1_2: Final = _numbers(
    "C0AE C0AF C0A2 C0A3 C0A0 C0A1 00A2 00A3 0040 006A C025 C026 C029 C02A C02D C02E C031 C032"
    " 00BA 00BE 00C0 00C4 C072 C073 C076 C077 C050 C051 C052 C053 C05C C05D C060 C061 C100 C101"
    " C102 00A6 00A7 006C 006D 00BD 00BF 00C3 00C5 C056 C057"
)
# Fixed ECDH, Camellia with DSA, GOST, DES, no certificate, and what export once allowed.
_RARE: Final = _numbers(
    "C004 C005 C003 C002 C00E C00F C00D C00C 0044 0087 0099 0081 FF85 0009 0015 0012 0034 003A"
    " 001B C018 C019 C016 C017 0046 0089 0003 0006 0008 0014"
)
_SUITES: Final = MappingProxyType(
    {
        TLS_1_0: _COMMON + _RARE,
        TLS_1_1: _COMMON + _RARE,
        TLS_1_2: _COMMON_1_2 + _COMMON + _RARE_1_2 + _RARE,
        TLS_1_3: _SUITES_1_3,
    }
)
# Curves, also those of GOST and SM2, and of binary fields. The finite fields of RFC 7919 are left
# out: a server with one of its own would not take part any more.
_GROUPS: Final = (_X25519, *_numbers("0017 0018 0019 001E 001A 001B 001C 0016 0015 0014 0013"))
_OLD_GROUPS: Final = (*range(0x0001, 0x0013), *range(0x0022, 0x002A))
# Those of 1.3: also Brainpool's second numbers, finite fields, and ML-KEM alone and with a curve.
_GROUPS_1_3: Final = _numbers(
    "001D 0017 0018 0019 001E 11EC 11EB 11ED 0200 0201 0202 001F 0020 0021 0100 0101 0102 0103"
    " 0104 0022 0023 0024 0025 0026 0027 0028 0029"
)
_SIGNATURES: Final = _numbers(
    "0403 0503 0603 0807 0808 0804 0805 0806 0809 080A 080B 0401 0501 0601 081A 081B 081C 0904"
    " 0905 0906 0303 0301 0302 0203 0201 0202 0402 0502 0602 0101 0709 070A 070B 070C 070D 070E"
    " 070F 0708 EEEE EFEF EDED"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One version, offered to a server of this name; noise is NOISE_BYTES of chance."""

    version: int
    server_name: str
    noise: bytes

    @property
    def suites(self) -> tuple[int, ...]:
        """Return the cipher suites that the version may be accepted with."""
        return _SUITES[self.version]

    @property
    def session_id(self) -> bytes:
        """Return what a server of TLS 1.3 has to repeat; nothing of the others."""
        is_empty = self.version < TLS_1_3
        return b"" if is_empty else self.noise[RANDOM_BYTES : 2 * RANDOM_BYTES]

    def client_hello(self) -> bytes:
        """Return the ClientHello as one record."""
        hello = self._message(self._extensions())
        if len(hello) in _CHOKING:
            missing = max(1, _CHOKING.stop - len(hello) - _EXTENSION_HEAD_BYTES)
            hello = self._message(self._extensions() + _extension(_PADDING, bytes(missing)))
        return bytes([HANDSHAKE]) + _short(TLS_1_0) + _counted(hello, 2)

    def _message(self, extensions: bytes) -> bytes:
        body = (
            _short(min(self.version, TLS_1_2))  # the extension tells of 1.3
            + self.noise[:RANDOM_BYTES]
            + _counted(self.session_id, 1)
            + _counted(_shorts((*self.suites, *self._lesser_suites, _RENEGOTIATION_INFO)), 2)
            + _counted(b"\0", 1)  # no compression
            + _counted(extensions, 2)
        )
        return bytes([CLIENT_HELLO]) + _counted(body, 3)

    @property
    def _lesser_suites(self) -> tuple[int, ...]:
        """Return suites by which a server that knows nothing of 1.3 can say so, with 1.2."""
        return _COMMON_1_2 + _COMMON if self.version == TLS_1_3 else ()

    def _extensions(self) -> bytes:
        own = self._of_1_3 if self.version == TLS_1_3 else self._of_groups
        name = b"\0" + _counted(self.server_name.encode("ascii"), 2)
        # Before 1.2 there was no choice of signatures.
        signatures = b"" if self.version < TLS_1_2 else _listing(_SIGNATURE_ALGORITHMS, _SIGNATURES)
        return (
            _extension(_SERVER_NAME, _counted(name, 2))
            + _extension(_EXTENDED_MASTER_SECRET, b"")
            + _extension(_ENCRYPT_THEN_MAC, b"")
            + signatures
            + own()
            + _extension(_EC_POINT_FORMATS, _counted(b"\0\1\2", 1))
        )

    def _of_groups(self) -> bytes:
        return _listing(_SUPPORTED_GROUPS, _GROUPS + _OLD_GROUPS)

    def _of_1_3(self) -> bytes:
        """Return what only 1.3 has; every 32 bytes are a public key of x25519."""
        share = _short(_X25519) + _counted(self.noise[2 * RANDOM_BYTES : NOISE_BYTES], 2)
        return (
            _listing(_SUPPORTED_GROUPS, _GROUPS_1_3)
            + _extension(SUPPORTED_VERSIONS, _counted(_short(TLS_1_3), 1))
            + _extension(_PSK_KEY_EXCHANGE_MODES, b"\1\1")
            + _extension(_KEY_SHARE, _counted(share, 2))
        )


def _extension(number: int, body: bytes) -> bytes:
    return _short(number) + _counted(body, 2)


def _listing(number: int, members: Sequence[int]) -> bytes:
    return _extension(number, _counted(_shorts(members), 2))


def _counted(body: bytes, size: int) -> bytes:
    """Return a body behind its length, which takes so many bytes."""
    return len(body).to_bytes(size) + body


def _short(number: int) -> bytes:
    return number.to_bytes(2)


def _shorts(numbers: Sequence[int]) -> bytes:
    return b"".join(map(_short, numbers))
