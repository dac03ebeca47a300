"""How an error ends a command."""

import pytest
from outscope_client import (
    ConfigurationError,
    ConnectionFailedError,
    InvalidRequestError,
    NotFoundError,
    OutScopeError,
    RateLimitedError,
    UnauthorizedError,
)
from outscope_client.cli.endings import ended_by


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), 3),
        (InvalidRequestError("x", status=400), 3),
        (NotFoundError("x", status=404), 3),
        (RateLimitedError("x", status=429), 2),
        (ConnectionFailedError("x"), 2),
    ],
)
def test_what_was_wrongly_asked_is_told_from_what_could_not_be_had(
    error: OutScopeError, code: int
) -> None:
    assert ended_by(error).code == code


def test_a_key_that_is_not_taken_is_told_with_the_remedy() -> None:
    ended = ended_by(UnauthorizedError("No such key", status=401, error_code="unauthorized"))
    assert (ended.code, "outscope login" in ended.message) == (2, True)
