from services.prober.facts import Outcome, OutcomeCode, PathFacts
from services.prober.observe.redact import REDACTED
from services.prober.observe.sample import sample_of


def test_a_sample_holds_the_body_and_redacted_headers() -> None:
    sample = sample_of(
        PathFacts(
            path="/x",
            outcome=Outcome(code=OutcomeCode.OK),
            status=200,
            headers=(("set-cookie", "sid=secret"), ("server", "demo")),
            body=b"body",
            truncated=True,
        )
    )
    assert sample is not None
    assert sample.path == "/x"
    assert sample.headers == (("set-cookie", f"sid={REDACTED}"), ("server", "demo"))
    assert sample.body == b"body"
    assert sample.truncated


def test_where_nothing_answered_there_is_no_sample() -> None:
    outcome = Outcome(code=OutcomeCode.HTTP_TIMEOUT)
    assert sample_of(PathFacts(path="/x", outcome=outcome)) is None
