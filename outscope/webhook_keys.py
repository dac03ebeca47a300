"""The keys a webhook is signed with: secrets for v1, ed25519 pairs for v1a, and their text forms.

Law: an error never shows a key, nor chains to one that does.
Source: Standard Webhooks 1.0.0, "Signature scheme"; the form of a signing key is Svix's,
whsk_ and base64 of the 32 private bytes followed by the 32 public ones.
"""

import base64
import binascii
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from outscope.limits import WEBHOOK_SECRET_PREFIX

SIGNING_KEY_PREFIX: Final = "whsk_"
PUBLIC_KEY_PREFIX: Final = "whpk_"
SEED_BYTES: Final = 32


class MalformedSecretError(Exception):
    """A signing secret or key has not the form of one; the message never shows it."""


def secret_bytes(secret: str) -> bytes:
    """Return the HMAC key in whsec_…, or raise MalformedSecretError."""
    key = _decoded(secret, WEBHOOK_SECRET_PREFIX, "secret")
    if not key:
        raise MalformedSecretError("a signing secret is empty")
    return key


def signing_key_text(seed: bytes) -> str:
    """Return whsk_… of the pair that 32 random bytes make."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return SIGNING_KEY_PREFIX + base64.b64encode(seed + _public_bytes(key)).decode()


def private_key(signing_key: str) -> Ed25519PrivateKey:
    """Return the private key in whsk_…, or raise MalformedSecretError.

    The public half may be left out; when it is there, it must be that of the private one.
    """
    pair = _decoded(signing_key, SIGNING_KEY_PREFIX, "key")
    if len(pair) not in {SEED_BYTES, 2 * SEED_BYTES}:
        raise MalformedSecretError("a signing key has 32 or 64 bytes")
    key = Ed25519PrivateKey.from_private_bytes(pair[:SEED_BYTES])
    if pair[SEED_BYTES:] not in {b"", _public_bytes(key)}:
        raise MalformedSecretError("the halves of a signing key are not of one pair")
    return key


def public_key_text(signing_key: str) -> str:
    """Return whpk_…, which receivers verify v1a with, or raise MalformedSecretError."""
    return PUBLIC_KEY_PREFIX + base64.b64encode(_public_bytes(private_key(signing_key))).decode()


def _public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _decoded(text: str, prefix: str, what: str) -> bytes:
    if not text.startswith(prefix):
        raise MalformedSecretError(f"a signing {what} must begin with {prefix}")
    try:
        return base64.b64decode(text.removeprefix(prefix), validate=True)
    except binascii.Error:
        # Not chained: the cause may quote the secret.
        raise MalformedSecretError(f"a signing {what} is not base64") from None
