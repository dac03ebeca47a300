import copy
from typing import Any

from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import CANCELLED_CHECK, FURTHER_CHECKS
from services.gateway.several_example import SEVERAL_CHECK
from services.gateway.translate.coverage import coverage

FAILED: Any = FURTHER_CHECKS["failed"]


def check() -> Any:  # noqa: ANN401 - JSON
    return copy.deepcopy(COMPLETED_CHECK)


def test_it_is_told_from_where_when_and_by_whom() -> None:
    whence, looked_at, *_ = coverage(check())
    assert "eu-west-1 by way of 198.51.100.7" in whence
    assert "2026-04-21T10:00:00Z" in whence
    assert "TCP port 443 and paths /, /shop." in looked_at


def test_of_several_vantage_points_it_is_told_whose_view_it_is_and_who_saw_otherwise() -> None:
    several = copy.deepcopy(SEVERAL_CHECK)
    told = coverage(several)[1]
    assert "Looked at from us-east-1, eu-west-1; this is what us-east-1 saw" in told
    assert "quorum: any" in told
    assert "do not agree (geo_blocked): eu-west-1 saw otherwise" in told
    agreed = several | {"agreement": {"code": "agree", "counted": ["eu-west-1"], "dissents": []}}
    assert "counted agree: eu-west-1." in coverage(agreed)[1]
    assert "None of them can be counted" in coverage(several | {"agreement": None})[1]
    assert not any("Looked at from" in sentence for sentence in coverage(check()))


def test_every_one_of_several_is_named_with_when_it_looked_or_why_it_did_not() -> None:
    several: Any = copy.deepcopy(SEVERAL_CHECK)
    told = " ".join(coverage(several))
    assert "Seen from these as well, whose facts are not all shown here: eu-west-1 by way" in told
    assert "Nothing was seen from" not in told
    failure = FAILED["failure"]
    lost = {"observer": None, "analysis": None, "failure": failure, "status": "failed"}
    several["vantages"][1] |= lost
    told = " ".join(coverage(several))
    assert f"Nothing was seen from eu-west-1 ({failure['reason']})." in told
    assert "Seen from these as well" not in told
    several["vantages"][0] |= lost | {"failure": None, "status": "cancelled"}
    assert f"us-east-1 (cancelled), eu-west-1 ({failure['reason']})." in " ".join(
        coverage(several | {"observer": None})
    )


def test_of_what_was_not_carried_out_nothing_is_claimed() -> None:
    assert coverage(CANCELLED_CHECK) == [
        "Nothing was observed, so nothing here tells anything of the target."
    ]


def test_all_that_was_asked_for_is_missed_by_nobody() -> None:
    full = check()
    told = " ".join(coverage(full))
    for silent in ("not tried", "not followed", "at one address", "in part", "missing"):
        assert silent not in told


def test_each_thing_left_out_is_told() -> None:
    less = check()
    less["request"] |= {"all_addresses": False, "max_redirects": 0, "tls_versions": False}
    less["observer"] |= {"has_ipv6": False, "report_shortened": True}
    less["ports"][0]["addresses_left_out"] = 3
    less["ports"][0]["http_outcome"] = {"code": "http_not_asked", "owner": "ours"}
    less["paths"][0] |= {"truncated": True, "outcome": {"code": "http_not_asked"}}
    told = coverage(less)
    for sentence in (
        "IPv6 was not tried: there is none at this place.",
        "Port 443: 3 more addresses were not tried.",
        "Port 443 was not asked over HTTP: the check had no request left.",
        "Not requested: /.",
        "Read only in part, for they are longer than what is read: /.",
        "The paths were requested at one address of the name.",
        "Redirects were not followed.",
        "Which other versions of TLS are accepted was not tried.",
        "Headers, certificates or further addresses are missing: there was no room for them.",
    ):
        assert sentence in told
