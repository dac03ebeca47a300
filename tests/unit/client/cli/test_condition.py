"""What a gate's conditions mean, and which are refused before anything is done."""

import pytest
from outscope_client.cli.condition import condition_from
from outscope_client.cli.endings import USAGE, Ended
from outscope_client.models import Check

from services.gateway.examples import COMPLETED_CHECK

CHECK = Check(
    {
        "status": "completed",
        "analysis": {
            "analyzable": True,
            "auth_detected": False,
            "kind": "api",
            "kind_runner_up": None,
            "documents": [],
            "layers": [{"vendor": "Cloudflare"}, {"vendor": "AWS"}],
        },
        "ports": [
            {"port": 80, "tls": None},
            {"port": 443, "tls": {"days_left": 20, "valid": True, "flags": ["expired", "other"]}},
            {"port": 8443, "tls": {"days_left": 5, "valid": True, "flags": []}},
        ],
        "failure": None,
    }
)


@pytest.mark.parametrize(
    ("text", "met", "seen"),
    [
        ("analyzable", True, True),
        ("analysis.analyzable", True, True),
        ("analyzable==true", True, True),
        ("analyzable != true", False, False),
        ("!auth_detected", True, True),
        ("auth_detected", False, False),
        ("kind==api", True, True),
        ('kind=="api"', True, True),
        ("kind!=parked", True, True),
        ("tls.days_left>=5", True, True),
        ("tls.days_left>=14", False, True),
        ("ports.tls.days_left<6", False, True),
        ("tls.days_left>100", False, False),
        ("ports.port==443", False, True),
        ("tls.flags==expired", False, True),
        ("layers.vendor==Cloudflare", False, True),
        # Where there is no such fact nothing is met, and nothing seen.
        ("kind_runner_up==api", False, False),
        ("kind_runner_up!=api", False, False),
        ("paths.status_code==200", False, False),
        ("failure", False, False),
        ("documents", False, False),
    ],
)
def test_required_is_met_everywhere_and_forbidden_is_seen_anywhere(
    text: str, *, met: bool, seen: bool
) -> None:
    condition = condition_from(text)
    assert condition.is_met(CHECK) is met
    assert condition.is_seen(CHECK) is seen


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("analysable", "there is no 'analysable'; there are .*analyzable, .*tls"),
        ("tls.days_lft>=14", "there is no 'days_lft'; there are .*days_left"),
        ("tls.days_left>=soon", "'soon' is none"),
        ("analyzable==yes", "true or false"),
        ("analyzable>=true", "true or false"),
        ("analysis==x", "cannot be compared"),
        ("kind==", "cannot be compared"),
        ("kind.name==x", "'kind' has nothing called 'name'"),
        ("!kind==api", "turn the comparison round"),
        ("_models", "is no condition"),
        ("analyzable and kind", "is no condition"),
        ("", "is no condition"),
        ("a..b", "there is no 'a'"),
        ("kind=api", "is no condition"),
        ("tls.days_left<nan", "'nan' is none"),
        ("tls.days_left<1e999", "'1e999' is none"),
    ],
)
def test_a_condition_that_says_nothing_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Ended, match=reason) as caught:
        condition_from(text)
    assert caught.value.code == USAGE


def test_what_was_seen_is_told_in_a_line() -> None:
    assert condition_from("tls.days_left>=14").observed(CHECK) == "ports.tls.days_left is 20, 5"
    assert condition_from("analyzable").observed(CHECK) == "analyzable is true"
    assert condition_from("failure").observed(CHECK) == "failure was not seen"


def test_a_whole_check_as_documented_is_read() -> None:
    check = Check(dict(COMPLETED_CHECK))
    assert condition_from("reachable").is_met(check)
    assert condition_from("dns.a_records").values(check)
