import hashlib

import pytest

from outscope.apikey import is_well_formed, key_hash, new_api_key


def test_a_new_key_is_well_formed_and_unlike_any_other() -> None:
    keys = {new_api_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(is_well_formed(key) and key.startswith("svc_") for key in keys)


def test_every_single_typo_is_noticed() -> None:
    key = new_api_key()
    for place in range(len("svc_"), len(key)):
        wrong = "a" if key[place] != "a" else "b"
        assert not is_well_formed(key[:place] + wrong + key[place + 1 :])


def test_two_swapped_neighbours_are_noticed() -> None:
    key = next(key for key in iter(new_api_key, None) if key[10] != key[11])
    assert not is_well_formed(key[:10] + key[11] + key[10] + key[12:])


@pytest.mark.parametrize("text", ["", "svc_", "svc_your_key_here", "svc_" + "٣" * 38, "x" * 5000])
def test_other_text_is_no_key(text: str) -> None:
    assert not is_well_formed(text)


def test_a_key_is_stored_as_its_sha256() -> None:
    assert key_hash("svc_x") == hashlib.sha256(b"svc_x").digest()
