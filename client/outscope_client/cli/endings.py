"""How a command ends: its exit code, and what it says on standard error.

Law: 0 is done, or met; 1 not met; 2 could not be decided; 3 wrongly asked; 4 refused by policy.
"""

from __future__ import annotations

from outscope_client.errors import (
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    OutScopeError,
    UnauthorizedError,
)

MET = 0
NOT_MET = 1
UNDECIDED = 2
USAGE = 3
REFUSED = 4

_WRONGLY_ASKED = (ConfigurationError, InvalidRequestError, NotFoundError)


class Ended(Exception):  # noqa: N818 - how a command ends is no error
    """Ends a command with an exit code, and a message if there is one to tell."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def ended_by(error: OutScopeError) -> Ended:
    """Return how an error ends a command, with what to do about it."""
    message = str(error)
    if isinstance(error, UnauthorizedError):
        message += "; outscope login stores another key"
    return Ended(USAGE if isinstance(error, _WRONGLY_ASKED) else UNDECIDED, message)
