from datetime import UTC, datetime

import pytest

from services.prober.facts import Certificate, TlsFlag
from services.prober.observe.verification import VerifyError, breaking, flags_for, message_for

NAME = "site.test"


def certificate(
    *,
    subject: str = f"CN={NAME}",
    issuer: str = "CN=Issuer",
    names: tuple[str, ...] = (NAME,),
    key_type: str = "ec",
    key_bits: int = 256,
    signature: str = "ecdsa_with_sha256",
) -> Certificate:
    return Certificate(
        subject=subject,
        issuer=issuer,
        names=names,
        not_before=datetime(2025, 1, 1, tzinfo=UTC),
        not_after=datetime(2026, 1, 1, tzinfo=UTC),
        fingerprint_sha256="00",
        key_type=key_type,
        key_bits=key_bits,
        signature_algorithm=signature,
    )


LEAF = certificate()
ROOT = certificate(subject="CN=Root", issuer="CN=Root", names=(), signature="rsa_with_sha1")


def errors(*codes: int) -> list[VerifyError]:
    return [VerifyError(code=code, depth=0) for code in codes]


def test_a_revocation_told_beside_the_chain_is_flagged_among_the_others() -> None:
    flags = flags_for(errors(10), [LEAF], NAME, is_revoked=True)
    assert flags == (TlsFlag.EXPIRED, TlsFlag.REVOKED)
    assert breaking((TlsFlag.REVOKED,), [LEAF]) == (TlsFlag.REVOKED,)


@pytest.mark.parametrize(
    ("codes", "flags"),
    [
        ((), ()),
        ((10,), (TlsFlag.EXPIRED,)),
        ((9,), (TlsFlag.NOT_YET_VALID,)),
        ((18,), (TlsFlag.SELF_SIGNED,)),
        ((19,), (TlsFlag.UNTRUSTED_ROOT,)),
        ((23,), (TlsFlag.REVOKED,)),
        ((20, 21), (TlsFlag.UNTRUSTED_ROOT, TlsFlag.INCOMPLETE_CHAIN)),
        ((10, 18, 10), (TlsFlag.EXPIRED, TlsFlag.SELF_SIGNED)),
    ],
)
def test_each_complaint_of_the_verifier_has_its_flag(
    codes: tuple[int, ...], flags: tuple[TlsFlag, ...]
) -> None:
    assert flags_for(errors(*codes), [LEAF], NAME) == flags


def test_a_lone_leaf_that_says_where_its_issuer_is_lacks_an_intermediate() -> None:
    flags = flags_for(errors(20), [LEAF], NAME, issuer_is_downloadable=True)
    assert flags == (TlsFlag.INCOMPLETE_CHAIN,)


def test_a_longer_chain_without_a_trusted_end_has_an_untrusted_root() -> None:
    assert flags_for(errors(20), [LEAF, LEAF], NAME) == (TlsFlag.UNTRUSTED_ROOT,)


@pytest.mark.parametrize(
    ("key_type", "key_bits", "weak"),
    [
        ("rsa", 1024, True),
        ("rsa", 2047, True),
        ("rsa", 2048, False),
        ("ec", 192, True),
        ("ec", 256, False),
        ("dsa", 3072, True),
        ("ed25519", 256, False),
        ("", 0, False),
    ],
)
def test_a_short_key_is_weak(key_type: str, key_bits: int, *, weak: bool) -> None:
    flags = flags_for([], [certificate(key_type=key_type, key_bits=key_bits)], NAME)
    assert (TlsFlag.WEAK_KEY in flags) is weak


@pytest.mark.parametrize(
    ("signature", "weak"),
    [
        ("rsa_with_sha1", True),
        ("ecdsa_with_sha1", True),
        ("rsa_with_md5", True),
        ("rsa_with_sha256", False),
        ("ed25519", False),
    ],
)
def test_an_outdated_digest_is_weak(signature: str, *, weak: bool) -> None:
    flags = flags_for([], [certificate(signature=signature)], NAME)
    assert (TlsFlag.WEAK_SIGNATURE in flags) is weak


def test_nobody_relies_on_a_roots_signature_of_itself() -> None:
    assert flags_for([], [LEAF, ROOT], NAME) == ()


WEAK_KEY = certificate(key_type="rsa", key_bits=1024)
WEAK_SIGNATURE = certificate(signature="rsa_with_sha1")


@pytest.mark.parametrize(
    ("flags", "path", "left"),
    [
        ((), [LEAF], ()),
        ((TlsFlag.WEAK_KEY,), [LEAF], ()),
        ((TlsFlag.WEAK_KEY,), [WEAK_KEY], (TlsFlag.WEAK_KEY,)),
        ((TlsFlag.WEAK_KEY,), [LEAF, WEAK_KEY], (TlsFlag.WEAK_KEY,)),
        ((TlsFlag.WEAK_SIGNATURE,), [WEAK_SIGNATURE], (TlsFlag.WEAK_SIGNATURE,)),
        ((TlsFlag.WEAK_SIGNATURE,), [LEAF, ROOT], ()),
        ((TlsFlag.WEAK_KEY, TlsFlag.WEAK_SIGNATURE), [WEAK_SIGNATURE], (TlsFlag.WEAK_SIGNATURE,)),
        ((TlsFlag.EXPIRED, TlsFlag.WEAK_KEY), [LEAF], (TlsFlag.EXPIRED,)),
    ],
)
def test_what_is_weak_breaks_trust_only_on_the_verified_path(
    flags: tuple[TlsFlag, ...], path: list[Certificate], left: tuple[TlsFlag, ...]
) -> None:
    assert breaking(flags, path) == left


@pytest.mark.parametrize("chain", [[], [certificate(names=())], [certificate(names=("b.test",))]])
def test_a_leaf_without_the_name_is_a_mismatch(chain: list[Certificate]) -> None:
    assert flags_for([], chain, NAME) == (TlsFlag.NAME_MISMATCH,)


def test_nothing_wrong_has_no_message() -> None:
    assert message_for((), [], [LEAF], NAME) == ""


def test_every_flag_has_its_sentence() -> None:
    for flag in TlsFlag:
        assert message_for((flag,), [], [LEAF], NAME)
        assert message_for((flag,), [], [], NAME)


def test_the_message_names_the_date_and_the_names() -> None:
    flags = (TlsFlag.EXPIRED, TlsFlag.NAME_MISMATCH)
    message = message_for(flags, errors(10), [LEAF], "other.test")
    assert "2026-01-01" in message
    assert f"for {NAME}, not for other.test" in message


def test_a_complaint_without_a_flag_is_told_by_its_number() -> None:
    assert message_for((), errors(26), [LEAF], NAME) == "verification error 26 at depth 0"
