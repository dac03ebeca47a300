from datetime import UTC, datetime, timedelta

import pytest

from outscope.errors import InvalidRequest
from services.scheduler.cli import expiry, key_table, limits_text, parser
from services.scheduler.domain.api_key import ApiKey

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
    asked = parser().parse_args(
        ["keys", "limit", "key_1", "--inflight-limit", "5", "--monthly-quota", "default"]
    )
    assert (asked.id, asked.rate_limit) == ("key_1", None)
    assert (asked.inflight_limit, asked.monthly_quota) == (5, "default")
    with pytest.raises(SystemExit):
        parser().parse_args(["keys", "limit", "key_1", "--rate-limit", "many"])
    asked = parser().parse_args(["keys", "revoke", "key_1"])
    assert (asked.action, asked.id, asked.json) == ("revoke", "key_1", False)


def test_a_key_is_listed_with_its_state_at_this_moment() -> None:
    def key(*, expires_at: datetime | None = None, revoked_at: datetime | None = None) -> ApiKey:
        return ApiKey(
            id="key_1",
            account_id="acc_1",
            name="ci",
            created_at=NOW,
            last_used_at=None,
            expires_at=expires_at,
            revoked_at=revoked_at,
            rate_limit=None,
        )

    day = timedelta(days=1)
    keys = [
        key(),
        key(expires_at=NOW + day),
        key(expires_at=NOW),
        key(expires_at=NOW - day),
        key(expires_at=NOW - day, revoked_at=NOW),
    ]
    head, *lines = key_table(keys, NOW).splitlines()
    at = head.index("STATE")
    assert [line[at:] for line in lines] == [
        "valid",
        "expires 2026-01-02T00:00:00Z",
        "expired 2026-01-01T00:00:00Z",
        "expired 2025-12-31T00:00:00Z",
        "revoked 2026-01-01T00:00:00Z",
    ]


def test_a_key_s_own_limits_are_told_in_words() -> None:
    key = ApiKey(
        id="key_1",
        account_id="acc_1",
        name="ci",
        created_at=NOW,
        last_used_at=None,
        expires_at=None,
        revoked_at=None,
        rate_limit=None,
        inflight_limit=0,
        monthly_quota=70,
    )
    assert limits_text(key) == (
        "key key_1 (ci): checks a minute: as its account, checks pending at once: no limit, "
        "checks a calendar month: 70"
    )


def test_the_commands_on_reviews_take_their_arguments() -> None:
    asked = parser().parse_args(["reviews", "list"])
    assert (asked.command, asked.action, asked.state) == ("reviews", "list", "open")
    asked = parser().parse_args(["reviews", "close", "rev_1", "--rejected", "--answer", "No."])
    assert (asked.action, asked.id, asked.state, asked.answer) == (
        "close",
        "rev_1",
        "rejected",
        "No.",
    )
    assert str(parser().parse_args(["reviews", "export", "a/b"]).folder) == "a/b"


@pytest.mark.parametrize(
    "words", [["rev_1"], ["rev_1", "--accepted", "--rejected"], ["--accepted"]]
)
def test_a_review_is_closed_by_one_decision(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["reviews", "close", *words])


def test_an_audit_takes_its_grace_in_seconds() -> None:
    asked = parser().parse_args(["audit"])
    assert (asked.command, asked.grace, asked.json) == ("audit", 60.0, False)
    assert parser().parse_args(["audit", "--grace", "2.5", "--json"]).grace == 2.5
    for wrong in ("-1", "nan", "soon"):
        with pytest.raises(SystemExit):
            parser().parse_args(["audit", "--grace", wrong])
