"""Keys of webhooks: what is one, and that what is none is never shown."""

import base64

import pytest

from outscope.webhook_keys import (
    MalformedSecretError,
    private_key,
    public_key_text,
    secret_bytes,
    signing_key_text,
)

# RFC 8032, section 7.1, test 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def text(prefix: str, raw: bytes) -> str:
    return prefix + base64.b64encode(raw).decode()


def test_a_signing_key_is_the_private_half_and_the_public_half() -> None:
    assert signing_key_text(SEED) == text("whsk_", SEED + PUBLIC)
    assert private_key(signing_key_text(SEED)).private_bytes_raw() == SEED


@pytest.mark.parametrize("pair", [SEED, SEED + PUBLIC])
def test_the_public_key_is_that_of_rfc_8032(pair: bytes) -> None:
    assert public_key_text(text("whsk_", pair)) == text("whpk_", PUBLIC)


@pytest.mark.parametrize(
    "key",
    [
        "",
        text("whsec_", SEED),
        text("whpk_", PUBLIC),
        text("whsk_", SEED[:31]),
        text("whsk_", SEED + PUBLIC[:31]),
        text("whsk_", SEED + SEED),
        "whsk_%%%",
    ],
)
def test_what_is_no_signing_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(MalformedSecretError) as raised:
        private_key(key)
    assert raised.value.__cause__ is None
    assert len(key) < 6 or key[5:] not in str(raised.value)


def test_a_secret_is_the_bytes_in_it() -> None:
    assert secret_bytes(text("whsec_", SEED)) == SEED
    with pytest.raises(MalformedSecretError):
        secret_bytes(text("whsk_", SEED))
