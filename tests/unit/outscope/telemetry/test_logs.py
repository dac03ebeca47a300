import json
import logging
from collections.abc import Iterator

import pytest

from outscope.telemetry.logs import bind, bound, bound_field, configure_logs, logger


@pytest.fixture(autouse=True)
def _restored_root() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_is_one_json_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("prober")
    with bound(request_id="req_1"):
        logger("x").info("published", probe_id="prb_1")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "published"
    assert line["service"] == "prober"
    assert line["level"] == "info"
    assert (line["request_id"], line["probe_id"]) == ("req_1", "prb_1")
    assert line["time"].endswith("+00:00")


def test_bound_fields_end_with_their_context() -> None:
    with bound(a=1):
        with bound(b=2):
            assert (bound_field("a"), bound_field("b")) == (1, 2)
        assert bound_field("b") is None
    assert bound_field("a") is None


def test_bound_fields_end_with_a_context_that_fails() -> None:
    with pytest.raises(ValueError, match="boom"), bound(a=1):
        raise ValueError("boom")
    assert bound_field("a") is None


def test_a_field_that_is_known_late_ends_with_the_context_that_it_came_in() -> None:
    with bound(a=1):
        with bound(b=2):
            bind(c=3)
            assert [bound_field(name) for name in "abc"] == [1, 2, 3]
        assert bound_field("c") is None


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("prober", level="WARNING")
    logger("x").info("quiet")
    logger("x").warning("loud")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["loud"]


def test_an_exception_comes_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("prober")
    try:
        int("boom")
    except ValueError as error:
        logger("x").error("failed", exception=error)
    assert "ValueError: invalid literal" in json.loads(capsys.readouterr().err)["exception"]


def test_text_for_people_names_event_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("prober", as_json=False)
    logger("x").info("published", probe_id="prb_1")
    assert "published probe_id=prb_1" in capsys.readouterr().err
