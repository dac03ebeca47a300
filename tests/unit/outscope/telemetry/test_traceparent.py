import pytest

from outscope.telemetry.logs import bound_field
from outscope.telemetry.traceparent import carried, current_traceparent

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


def test_a_trace_is_carried_as_it_came_and_its_id_is_logged() -> None:
    with carried(SENT):
        assert current_traceparent() == SENT
        assert bound_field("trace_id") == TRACE_ID
    assert current_traceparent() is None
    assert bound_field("trace_id") is None


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        SENT.upper(),
        SENT + "\n",
        SENT + "-more",
        SENT.replace("00-", "ff-", 1),
        SENT.replace(TRACE_ID, "0" * 32),
        SENT.replace("b7ad6b7169203331", "0" * 16),
    ],
)
def test_what_is_no_traceparent_is_as_good_as_absent(sent: str | None) -> None:
    with carried(sent):
        assert current_traceparent() is None
        assert bound_field("trace_id") is None
