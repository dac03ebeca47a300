import copy
from typing import Any

from services.gateway.console.pages.verdict import verdict_of
from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import FURTHER_CHECKS

FURTHER: Any = FURTHER_CHECKS


def check() -> Any:  # noqa: ANN401 - JSON
    return copy.deepcopy(COMPLETED_CHECK)


def test_a_verdict_says_first_what_keeps_a_scanner_away() -> None:
    assert verdict_of(check())[0] == "good"
    assert verdict_of(FURTHER["failed"])[0] == "bad"
    away = check()
    away["analysis"]["reachable"] = False
    assert verdict_of(away) == ("bad", "Not reachable: no port accepted a connection")
    mute = check()
    mute["analysis"]["speaks_http"] = False
    assert "nothing there speaks HTTP" in verdict_of(mute)[1]
    open_ = check()
    open_["analysis"]["analyzability"] = "unknown"
    assert verdict_of(open_)[0] == "unsure"


def test_one_of_several_may_tell_less() -> None:
    assert verdict_of({"status": "pending"}) == ("unsure", "The check is pending")
    assert verdict_of({}) == ("unsure", "The check is under way")
