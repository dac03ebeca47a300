import pytest

from outscope.telemetry.logs import bound_field
from outscope.telemetry.traceparent import carried, current_traceparent
from outscope.telemetry.tracing import (
    Kind,
    record_ended,
    span,
)
from tests.spans import TRACE_ID, kept_spans

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"


def test_a_span_is_the_parent_of_what_is_done_inside() -> None:
    with kept_spans() as spans, carried(SENT):
        with span("outer", Kind.SERVER, {"a": 1}), span("inner"):
            record_ended("stage", Kind.CLIENT, {}, duration_s=2.0, ago_s=0.5, error_type="x")
        assert current_traceparent() == SENT
    outer, inner, stage = spans
    assert (outer.name, outer.kind, outer.parent, outer.attributes) == (
        *("outer", Kind.SERVER, SENT),
        {"a": 1},
    )
    assert (inner.parent, stage.parent) == (outer.traceparent, inner.traceparent)
    assert (stage.begun_ago_s, stage.ended_ago_s, stage.error_type) == (2.5, 0.5, "x")
    assert {each.ended_ago_s for each in (outer, inner)} == {0.0}


def test_where_nothing_is_recorded_the_callers_trace_goes_on_unchanged() -> None:
    with carried(SENT), span("outer") as outer, span("inner", Kind.CLIENT, {"a": 1}) as inner:
        inner.note({"b": 2})
        inner.fail("x")
        assert current_traceparent() == SENT
    assert (outer.traceparent, inner.traceparent) == ("", "")
    assert current_traceparent() is None


def test_a_span_without_a_parent_begins_a_trace_whose_id_is_logged() -> None:
    with kept_spans() as spans, span("work"):
        assert bound_field("trace_id") == TRACE_ID
    assert spans[0].parent is None


def test_what_is_raised_inside_ends_the_span_and_only_its_type_is_told() -> None:
    with kept_spans() as spans, pytest.raises(ValueError, match="secret"), span("work"):
        raise ValueError("a secret")
    assert (spans[0].error_type, spans[0].attributes) == ("ValueError", {})
    assert spans[0].ended_ago_s == 0.0
