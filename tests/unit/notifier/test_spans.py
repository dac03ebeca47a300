from outscope.telemetry.traceparent import carried
from outscope.telemetry.tracing import Kind
from services.notifier.deliver import Answer
from services.notifier.retry import DeliveryError
from services.notifier.spans import note_answer, posting, trace_headers
from tests.spans import kept_spans

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"
URL = "https://user:secret@hooks.example/secret-path?token=secret"


def test_a_post_is_a_span_that_its_receiver_can_join() -> None:
    with kept_spans() as spans, carried(SENT), posting(URL, 2) as post:
        assert trace_headers() == {"traceparent": post.traceparent}
        note_answer(post, Answer(error=DeliveryError.HTTP_STATUS, status_code=500, text="secret"))
    (span,) = spans
    assert (span.name, span.kind, span.parent) == ("POST", Kind.CLIENT, SENT)
    assert span.error_type == "http_status"
    assert span.attributes == {
        "http.request.method": "POST",
        "http.request.resend_count": 1,
        "http.response.status_code": 500,
        "server.address": "hooks.example",
        "server.port": 443,
        "url.scheme": "https",
    }


def test_a_delivery_that_was_taken_is_no_error() -> None:
    with kept_spans() as spans, posting("http://a.example", 1) as post:
        note_answer(post, Answer(error=DeliveryError.NONE, status_code=204))
    assert (spans[0].error_type, spans[0].attributes["server.port"]) == ("", 80)


def test_an_address_that_cannot_be_read_is_not_told() -> None:
    with kept_spans() as spans, posting("https://a.example:secret/", 1) as post:
        note_answer(post, Answer(error=DeliveryError.INVALID_URL))
    assert spans[0].attributes.keys() == {"http.request.method", "http.request.resend_count"}


def test_a_trace_that_the_caller_began_is_passed_on_where_nothing_is_recorded() -> None:
    with carried(SENT), posting(URL, 1) as post:
        note_answer(post, Answer(error=DeliveryError.NONE, status_code=200))
        assert trace_headers() == {"traceparent": SENT}
    assert trace_headers() == {}
