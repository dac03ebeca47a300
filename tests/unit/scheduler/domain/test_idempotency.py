from dataclasses import replace

import pytest

from outscope.errors import IdempotencyConflict
from services.scheduler.domain.idempotency import KeptAnswer, KeyedRequest, fingerprint_of

REQUEST = KeyedRequest(account_id="acc_a", operation="CreateCheck", key="k", fingerprint=b"one")


def test_the_same_request_gets_the_answer_it_got() -> None:
    assert KeptAnswer(fingerprint=b"one", answer=b"created").to(REQUEST) == b"created"


def test_another_request_under_the_key_is_a_conflict() -> None:
    with pytest.raises(IdempotencyConflict) as refused:
        KeptAnswer(fingerprint=b"one", answer=b"x").to(replace(REQUEST, fingerprint=b"two"))
    assert (refused.value.field, refused.value.value) == ("Idempotency-Key", "k")


def test_a_key_is_known_by_account_and_operation() -> None:
    names = {
        REQUEST.name,
        replace(REQUEST, account_id="acc_b").name,
        replace(REQUEST, operation="CreateWebhook").name,
        replace(REQUEST, key="l").name,
        replace(REQUEST, fingerprint=b"two").name,
    }
    assert len(names) == 4


def test_a_fingerprint_keeps_what_is_sent_and_what_is_beside_apart() -> None:
    told = {
        fingerprint_of(b"ab", ""),
        fingerprint_of(b"a", "b"),
        fingerprint_of(b"", "ab"),
        fingerprint_of(b"ba", ""),
    }
    assert len(told) == 4
    assert fingerprint_of(b"a", "b") == fingerprint_of(b"a", "b")
