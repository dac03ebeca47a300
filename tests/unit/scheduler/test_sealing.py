import pytest
from cryptography.fernet import Fernet

from outscope.errors import Unavailable
from services.scheduler.sealing import Seal, is_key, new_key

OLD, NEW, OTHER = new_key(), new_key(), new_key()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_what_is_sealed_shows_nothing_and_opens_again() -> None:
    stored = Seal([NEW]).sealed(SECRET)
    assert stored.startswith("sealed:")
    assert SECRET[6:] not in stored
    assert Seal([NEW]).opened(stored) == SECRET
    assert Seal([NEW]).sealed(SECRET) != stored


def test_what_is_sealed_is_a_fernet_token_that_the_library_opens() -> None:
    stored = Seal([NEW, OLD]).sealed(SECRET)
    assert Fernet(NEW).decrypt(stored.removeprefix("sealed:")).decode() == SECRET


def test_without_a_key_text_is_stored_as_it_is() -> None:
    assert Seal().sealed(SECRET) == SECRET
    assert not Seal().has_key


def test_plain_text_stays_readable_once_there_is_a_key() -> None:
    assert Seal([NEW]).opened(SECRET) == SECRET


@pytest.mark.parametrize("keys", [[OLD], [NEW, OLD], [OTHER, NEW, OLD]])
def test_any_of_the_keys_opens(keys: list[str]) -> None:
    assert Seal(keys).opened(Seal([OLD]).sealed(SECRET)) == SECRET


@pytest.mark.parametrize("keys", [[], [OTHER]])
def test_what_no_key_opens_is_unavailable_and_not_shown(keys: list[str]) -> None:
    stored = Seal([NEW]).sealed(SECRET)
    with pytest.raises(Unavailable) as raised:
        Seal(keys).opened(stored)
    assert stored[7:20] not in raised.value.message
    assert "overlap_hours 0" in raised.value.message
    assert not Seal(keys).opens(stored)


def test_what_a_key_opens_and_what_is_plain_opens() -> None:
    assert Seal([NEW, OLD]).opens(Seal([OLD]).sealed(SECRET))
    assert Seal().opens(SECRET)


def test_a_token_changed_in_the_database_does_not_open() -> None:
    stored = Seal([NEW]).sealed(SECRET)
    middle = len(stored) // 2
    forged = stored[:middle] + ("A" if stored[middle] != "A" else "B") + stored[middle + 1 :]
    with pytest.raises(Unavailable):
        Seal([NEW]).opened(forged)


def test_only_what_the_first_key_sealed_is_current() -> None:
    both = Seal([NEW, OLD])
    assert both.is_current(both.sealed(SECRET))
    assert not both.is_current(Seal([OLD]).sealed(SECRET))
    assert not both.is_current(SECRET)
    assert Seal().is_current(SECRET)
    assert not Seal().is_current(Seal([NEW]).sealed(SECRET))


def test_a_new_key_is_one_and_no_other_text_is() -> None:
    assert is_key(new_key())
    for text in ("", "short", NEW[:-2], f"{NEW}x", "ñ" * 44):
        assert not is_key(text)
