from datetime import UTC, datetime

import pytest

from outscope.errors import InvalidRequest
from services.scheduler.cli import expiry, parser

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90d", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T12:00Z", datetime(2027, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_days_or_a_moment(text: str, moment: datetime) -> None:
    assert expiry(text, NOW) == moment


@pytest.mark.parametrize("text", ["soon", "90", "-1d", "2027-13-01"])
def test_what_is_no_expiry_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        expiry(text, NOW)


def test_without_a_command_it_serves() -> None:
    assert parser().parse_args([]).command is None
    assert parser().parse_args(["serve"]).command == "serve"


def test_the_commands_on_keys_take_their_arguments() -> None:
    asked = parser().parse_args(["keys", "create", "--name", "ci", "--rate-limit", "0", "--json"])
    assert (asked.action, asked.name, asked.rate_limit, asked.json) == ("create", "ci", 0, True)
    asked = parser().parse_args(["keys", "revoke", "key_1"])
    assert (asked.action, asked.id, asked.json) == ("revoke", "key_1", False)
