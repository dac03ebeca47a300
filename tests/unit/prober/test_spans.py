"""Each stage of a check is a span, which tells nothing that a target wrote."""

from services.prober.facts import (
    DnsFacts,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    TcpState,
)
from services.prober.report_progress import Event
from services.prober.spans import with_spans
from tests.spans import KeptSpan, kept_spans

OK = Outcome(code=OutcomeCode.OK, duration_ms=20)
TIMEOUT = Outcome(code=OutcomeCode.HTTP_TIMEOUT, duration_ms=3000)
DNS = DnsFacts(outcome=OK, a_outcome=OK, aaaa_outcome=OK)
PORT = PortFacts(
    port=443,
    state=TcpState.OPEN,
    tcp_outcome=Outcome(code=OutcomeCode.OK, duration_ms=5),
    tls_outcome=OK,
    http_outcome=Outcome(code=OutcomeCode.OK, duration_ms=100),
)
PATH = PathFacts(
    path="/secret-path",
    outcome=OK,
    url="https://site.test/secret-path",
    status=200,
    headers=(("set-cookie", "secret-cookie"),),
    title="secret-title",
    location="/secret-location",
)


def recorded(*events: Event) -> tuple[list[KeptSpan], list[Event]]:
    heard: list[Event] = []
    with kept_spans() as spans:
        note = with_spans("site.test", heard.append)
        for event in events:
            note(event)
    return spans, heard


def test_stages_are_spans_and_are_noted_all_the_same() -> None:
    spans, heard = recorded(DNS, PORT, PATH)
    assert heard == [DNS, PORT, PATH]
    assert [each.name for each in spans] == ["dns", "tcp", "tls", "http"]
    assert {each.attributes["outscope.outcome"] for each in spans} == {"ok"}
    assert spans[1].attributes["server.port"] == 443
    assert spans[3].attributes["http.response.status_code"] == 200


def test_stages_of_a_port_stand_one_after_the_other() -> None:
    (tcp, tls), _ = recorded(PORT)
    assert (round(tcp.begun_ago_s, 3), tcp.ended_ago_s) == (0.125, 0.12)
    assert (round(tls.begun_ago_s, 3), tls.ended_ago_s) == (0.12, 0.1)


def test_a_stage_that_failed_tells_its_code() -> None:
    (http,), _ = recorded(PathFacts(path="/", outcome=TIMEOUT))
    assert (http.error_type, http.begun_ago_s) == ("http_timeout", 3.0)
    assert "http.response.status_code" not in http.attributes


def test_nothing_that_a_target_says_is_told() -> None:
    spans, _ = recorded(DNS, PORT, PATH)
    assert "secret" not in repr(spans)


def test_where_nothing_is_recorded_nothing_stands_between() -> None:
    heard: list[Event] = []
    note = heard.append
    assert with_spans("site.test", note) is note
