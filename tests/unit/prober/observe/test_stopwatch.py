from services.prober.facts import Timing
from services.prober.observe.stopwatch import Stopwatch


def test_each_stage_is_timed_from_the_end_of_the_one_before() -> None:
    stopwatch = Stopwatch()
    stopwatch.dialled_s = 10.0
    stopwatch.connected_s = stopwatch.hello_s = 10.01
    stopwatch.secured_s = 10.03
    stopwatch.sent_s = 10.04
    stopwatch.first_byte_s = 10.08
    stopwatch.ended_s = 10.2
    assert stopwatch.timing() == Timing(connect_ms=10, tls_ms=20, first_byte_ms=40, total_ms=200)


def test_a_connection_used_again_has_neither_connect_nor_tls_time() -> None:
    stopwatch = Stopwatch()
    stopwatch.sent_s = 10.0
    stopwatch.first_byte_s = 10.05
    stopwatch.ended_s = 10.1
    assert stopwatch.timing() == Timing(first_byte_ms=50, total_ms=100)


def test_a_failed_handshake_took_its_time_and_no_byte_came() -> None:
    stopwatch = Stopwatch()
    stopwatch.dialled_s = 0.0
    stopwatch.connected_s = stopwatch.hello_s = 0.001
    stopwatch.secured_s = stopwatch.ended_s = 0.301
    assert stopwatch.timing() == Timing(connect_ms=1, tls_ms=300, total_ms=301)


def test_what_never_began_or_has_not_ended_has_no_timing() -> None:
    stopwatch = Stopwatch()
    stopwatch.ended_s = 10.0
    assert stopwatch.timing() is None
    stopwatch.ended_s, stopwatch.sent_s = None, 10.0
    assert stopwatch.timing() is None
