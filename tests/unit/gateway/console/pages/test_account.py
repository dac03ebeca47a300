import copy
from typing import Any

from services.gateway.console.pages.account import (
    keys_page,
    masked,
    usage_page,
    vantage_points_page,
)
from services.gateway.routes import OPERATIONS
from services.gateway.schemas.usage import USAGE_EXAMPLE
from tests.unit.gateway.test_html import Reader


def example(name: str) -> Any:  # noqa: ANN401 - JSON
    (operation,) = [one for one in OPERATIONS if one.name == name]
    return operation.answers[200].example


def test_a_vantage_point_tells_its_queue_and_its_faults() -> None:
    text = Reader(vantage_points_page(example("listVantagePoints"), "http://h")).text
    assert "2 of 3" in text
    assert "canary.example.com:443 cannot be reached" in text
    assert "0.08 s" in text


def test_a_vantage_point_tells_its_tags_and_whose_it_is() -> None:
    points = copy.deepcopy(example("listVantagePoints"))
    assert "private" not in vantage_points_page(points, "http://h")
    points["data"][0]["is_private"] = True
    text = Reader(vantage_points_page(points, "http://h")).text
    assert "asn:16509, continent:eu, provider:aws" in text
    assert "private" in text.partition("asn:")[0].partition("eu-west-1")[2]


def test_usage_tells_each_limit_and_webhooks_that_get_nothing() -> None:
    text = Reader(usage_page(USAGE_EXAMPLE, "http://h")).text
    assert "18400 of 50000" in text
    assert "gets nothing: failing" in text
    free = {"limit": None, "used": 3, "remaining": None, "reset_at": None, "scope": "account"}
    bare = dict.fromkeys(("rate", "in_flight", "monthly"), free)
    assert "meter" not in usage_page(bare, "http://h")


def test_a_key_is_never_shown_whole() -> None:
    key = "svc_0123456789abcdef"
    assert masked(key) == "svc_0123…cdef"
    page = keys_page(key, USAGE_EXAMPLE, "http://h")
    assert key not in page
    assert "50000" in page
    assert "this key alone" in page
