from services.gateway.console.pages.timeline import rows_of, timeline
from services.gateway.examples import COMPLETED_CHECK


def test_each_timed_request_has_its_stages() -> None:
    rows = rows_of(COMPLETED_CHECK)
    assert [row.label for row in rows] == ["/", "/", "/shop", "/shop"]
    assert rows[0].stages == (9, 11, 21, 13, 1)
    assert rows[2].stages == (None, None, None, 12, 0)
    assert rows[0].total_ms == 55


def test_stages_follow_each_other_to_one_scale() -> None:
    drawing, _, told = map(str, timeline(rows_of(COMPLETED_CHECK)[:1]))
    assert drawing.count("<rect") == 5
    assert '<rect x="0.0" y="12" width="98.2"' in drawing
    assert '<rect x="98.2"' in drawing
    assert "<td>55</td>" in told
