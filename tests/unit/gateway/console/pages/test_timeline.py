from dataclasses import replace

from services.gateway.console.pages.timeline import rows_of, timeline
from services.gateway.examples import COMPLETED_CHECK


def test_each_timed_request_has_its_stages() -> None:
    rows = rows_of(COMPLETED_CHECK)
    assert [row.label for row in rows] == ["/", "/", "/shop", "/shop"]
    assert rows[0].stages == (9, 11, 21, 13, 1)
    assert rows[2].stages == (None, None, None, 12, 0)
    assert rows[0].total_ms == 55


def test_stages_follow_each_other_to_one_scale() -> None:
    _, drawing, scale, told = map(str, timeline(rows_of(COMPLETED_CHECK)[:1]))
    assert drawing.count("<rect") == 5
    assert '<rect x="0.0" y="0" width="163.6"' in drawing
    assert '<rect x="163.6" y="0" width="200.0" height="10" class="stage-tcp"' in drawing
    assert "55 ms" in scale
    assert "<td>55</td>" in told


def test_requests_stand_beneath_the_address_that_they_went_to() -> None:
    first, second, *_ = rows_of(COMPLETED_CHECK)
    other = replace(first, address="192.0.2.7")
    _, drawing, *_ = map(str, timeline([first, other, replace(first, label="/again")]))
    assert drawing.count("<h3") == 2
    places = [drawing.index(text) for text in (first.address, "/again", "192.0.2.7")]
    assert places == sorted(places)
    assert first.server != second.server or first.address != second.address


def test_what_took_no_time_is_seen_and_what_was_not_needed_is_not() -> None:
    row = replace(rows_of(COMPLETED_CHECK)[0], stages=(None, 0, None, 0, 0))
    _, drawing, *_ = map(str, timeline([row]))
    assert drawing.count("<rect") == 3
    assert 'width="0.0"' not in drawing
