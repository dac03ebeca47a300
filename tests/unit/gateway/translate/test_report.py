import base64
import copy
import hashlib
import re
from typing import Any

import pytest

from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import CANCELLED_CHECK, FURTHER_CHECKS
from services.gateway.several_example import SEVERAL_CHECK
from services.gateway.translate.report import report_page, report_policy
from tests.unit.gateway.test_html import Reader

HOSTILE = "\"'><script>alert(1)</script><img src=//evil.test onerror=x>"


def check() -> Any:  # noqa: ANN401 - JSON
    return copy.deepcopy(COMPLETED_CHECK)


def spoilt(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the same with every text hostile that a target may have written."""
    if isinstance(value, dict):
        return {name: spoilt(one) for name, one in value.items()}
    if isinstance(value, list):
        return [spoilt(one) for one in value]
    return value + HOSTILE if isinstance(value, str) else value


def test_the_verdict_comes_first_then_why_then_what_was_seen() -> None:
    text = Reader(report_page(check())).text
    places = [
        text.index(part)
        for part in (
            "example.com as seen from outside",
            "Analyzable: a scanner can work with it",
            "API documentation of “Shop” is public",
            "openapi: 3.1.0",
            "CloudFront",
            "93.184.216.34",
            "TLSv1.3, certificate valid, 254 days left",
            "CN=Example CA,O=Example Trust",
            "What was looked at, and what was not",
            "No other port was opened",
        )
        if part in text or pytest.fail(part)
    ]
    assert places[0] < places[1] < places[2] < places[4] < places[5] < places[-2] < places[-1]


@pytest.mark.parametrize(
    ("changes", "tone", "said"),
    [
        ({"analyzability": "not_analyzable"}, "bad", "Not analyzable"),
        ({"analyzability": "unknown"}, "unsure", "does not tell"),
        ({"speaks_http": False}, "bad", "nothing there speaks HTTP"),
        ({"reachable": False}, "bad", "no port accepted a connection"),
    ],
)
def test_each_verdict_has_its_words_and_tone(
    changes: dict[str, object], tone: str, said: str
) -> None:
    judged = check()
    judged["analysis"] |= changes
    read = Reader(report_page(judged))
    assert ("p", {"class": f"verdict {tone}"}) in read.elements
    assert said in read.text


def test_several_vantage_points_tell_what_each_saw_and_in_what_they_differ() -> None:
    text = Reader(report_page(copy.deepcopy(SEVERAL_CHECK))).text
    parts = (
        "Analyzable: a scanner can work with it",
        "Vantage points",
        "The target keeps some regions out (geo_blocked)",
        "agrees",
        "Not analyzable: a scanner cannot work with it",
        "/ 451",
        "differs",
        "paths[0].status_code",
        "Why",
        "Looked at from us-east-1, eu-west-1",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "Vantage points" not in Reader(report_page(check())).text


def test_every_example_has_its_page() -> None:
    for example in (*FURTHER_CHECKS.values(), CANCELLED_CHECK):
        shown: Any = copy.deepcopy(example)
        page = report_page(shown)
        assert "as seen from outside" in page
    cancelled = Reader(report_page(CANCELLED_CHECK)).text
    assert "The check is cancelled" in cancelled


@pytest.mark.parametrize("seen", [COMPLETED_CHECK, SEVERAL_CHECK], ids=["one", "several"])
def test_what_a_target_sent_makes_nothing_of_the_page(seen: Any) -> None:  # noqa: ANN401 - JSON
    hostile = Reader(report_page(spoilt(seen)))
    plain = Reader(report_page(seen))
    assert [name for name, _ in hostile.elements] == [name for name, _ in plain.elements]
    assert HOSTILE in hostile.text
    assert not {"script", "img", "a", "link", "iframe"} & {name for name, _ in hostile.elements}
    for _, attributes in hostile.elements:
        assert not {"src", "href", "style", "onerror"} & set(attributes)


def test_the_page_needs_nothing_but_itself() -> None:
    [css] = re.findall(r"<style>(.*?)</style>", report_page(check()), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in report_policy()
    assert report_policy().startswith("default-src 'none'; ")
    assert "url(" not in css
    assert "@import" not in css
